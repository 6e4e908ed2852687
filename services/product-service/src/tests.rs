//! The service on both databases.

mod admin;
mod background;
mod bad_input;
mod bed;
mod browse;
mod faults;
mod never_oversold;
mod reservations;

/// Runs every scenario on SQLite, each as a test of its own, and all of them on one PostgreSQL server.
macro_rules! on_both_databases {
    ($($scenario:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() {
                    let folder = tempfile::tempdir().unwrap();
                    let url = format!("sqlite:{}", folder.path().join("products.db").display());
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
