//! The service against fakes of its neighbours, on both databases, and once beside the real ones.

mod bad_input;
mod change;
mod crash;
mod create;
mod fake;
mod faults;
mod gateway;
mod pay;
mod process;
mod real_shop;
mod real_users;
mod reports;

/// Runs every scenario on SQLite, each as a test of its own, and all of them on one PostgreSQL server.
macro_rules! on_both_databases {
    ($($scenario:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() {
                    super::$scenario(&crate::tests::process::Bed::sqlite().await).await;
                }
            )+
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn the_same_on_postgresql() {
            let server = testkit::Postgres::start().unwrap();
            $(
                let bed = crate::tests::process::Bed::postgres(&server, stringify!($scenario)).await;
                $scenario(&bed).await;
            )+
        }
    };
}
use on_both_databases;
