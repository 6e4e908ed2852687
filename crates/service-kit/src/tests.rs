//! The scaffold as services use it: requests through a router, calls between two of them, both databases.

mod calls;
mod database;
mod faults;
mod idempotency;
mod requests;
mod traces;

/// Runs every scenario on SQLite, each as a test of its own, and all of them on one PostgreSQL server. A scenario gets
/// the arguments that name an empty database.
macro_rules! on_both_databases {
    ($($scenario:ident),+ $(,)?) => {
        mod sqlite {
            use crate::{DatabaseArgs, Secret};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() {
                    // A name that is not friendly to URLs.
                    let folder = tempfile::Builder::new().prefix("a b%20?#").tempdir().unwrap();
                    let url = format!("sqlite:{}", folder.path().join("test.db").display());
                    super::$scenario(&DatabaseArgs { database_url: Some(Secret::new(url)) }).await;
                    let file = folder.path().join("test.db").metadata().unwrap();
                    assert_eq!(std::os::unix::fs::MetadataExt::mode(&file) & 0o777, 0o600);
                }
            )+
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn the_same_on_postgresql() {
            let server = testkit::Postgres::start().unwrap();
            $(
                let url = server.create_database(stringify!($scenario)).unwrap();
                $scenario(&crate::DatabaseArgs { database_url: Some(crate::Secret::new(url)) }).await;
            )+
        }
    };
}
use on_both_databases;
