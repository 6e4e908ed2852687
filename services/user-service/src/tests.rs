//! The service beside a fake product-service, on both databases.

mod bad_input;
mod bed;
mod faults;
mod favorites;
mod lockout;
mod profile;
mod sessions;
mod tokens;

/// Runs every scenario on SQLite, each as a test of its own, and all of them on one PostgreSQL server.
macro_rules! on_both_databases {
    ($($scenario:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() {
                    let folder = tempfile::tempdir().unwrap();
                    let url = format!("sqlite:{}", folder.path().join("users.db").display());
                    super::$scenario(&crate::tests::bed::Bed::on(url).await).await;
                }
            )+
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn the_same_on_postgresql() {
            let server = testkit::Postgres::start().unwrap();
            $(
                let url = server.create_database(stringify!($scenario)).unwrap();
                $scenario(&crate::tests::bed::Bed::on(url).await).await;
            )+
        }
    };
}
use on_both_databases;
