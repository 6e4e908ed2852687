//! The same statements on both databases.

use std::sync::Arc;

use super::on_both_databases;
use crate::{Database, DatabaseArgs, DatabaseErrorExt as _, Durability, Migration};

on_both_databases!(
    values_come_back_as_they_went_in,
    transactions_happen_or_not,
    writers_wait_for_each_other,
    migrations_run_once,
    services_keep_apart,
);

const TABLE: Migration = Migration {
    version: 1,
    name: "things",
    sql: "CREATE TABLE things (id {{id}}, name TEXT UNIQUE, amount BIGINT, weight DOUBLE PRECISION); \
          CREATE TABLE counters (id BIGINT PRIMARY KEY, value BIGINT NOT NULL); \
          INSERT INTO counters (id, value) VALUES (1, 0);",
};

async fn open(args: &DatabaseArgs) -> Database {
    Database::open(args, "test-service", Durability::PowerLoss, &[TABLE]).await.unwrap()
}

async fn values_come_back_as_they_went_in(args: &DatabaseArgs) {
    let database = open(args).await;
    for (name, amount, weight) in [
        (Some("plain"), Some(1), Some(1.0)),
        (Some("größer 🛒 '\"\\;--"), Some(i64::MAX), Some(-0.25)),
        (Some(""), Some(i64::MIN), Some(1e300)),
        (None, None, None),
    ] {
        let id: i64 = database
            .query("INSERT INTO things (name, amount, weight) VALUES ($1, $2, $3) RETURNING id")
            .bind(name)
            .bind(amount)
            .bind(weight)
            .one()
            .await
            .unwrap()
            .get("id")
            .unwrap();
        let row = database
            .query("SELECT name, amount, weight FROM things WHERE id = $1")
            .bind(id)
            .one()
            .await
            .unwrap();
        assert_eq!(row.get::<Option<String>>("name").unwrap().as_deref(), name);
        assert_eq!(row.get::<Option<i64>>("amount").unwrap(), amount);
        assert_eq!(row.get::<Option<f64>>("weight").unwrap(), weight);
    }
    let total: i64 =
        database.query("SELECT COUNT(*) AS n FROM things").one().await.unwrap().get("n").unwrap();
    assert_eq!(total, 4);
    let none =
        database.query("SELECT id FROM things WHERE name = $1").bind("nobody").optional().await.unwrap();
    assert!(none.is_none());
    let twice =
        database.query("INSERT INTO things (name) VALUES ($1)").bind("plain").execute().await.unwrap_err();
    assert!(twice.is_unique_violation(), "{twice}");
    assert!(!database.query("SELECT nonsense").execute().await.unwrap_err().is_unique_violation());
    assert!(database.answers().await);
    database.close().await;
    assert!(!database.answers().await);
}

async fn count(database: &Database) -> i64 {
    database.query("SELECT COUNT(*) AS n FROM things").one().await.unwrap().get("n").unwrap()
}

async fn transactions_happen_or_not(args: &DatabaseArgs) {
    let database = open(args).await;
    let insert = "INSERT INTO things (name) VALUES ($1)";
    {
        let mut dropped = database.begin().await.unwrap();
        dropped.query(insert).bind("dropped").execute().await.unwrap();
    }
    let mut rolled_back = database.begin().await.unwrap();
    rolled_back.query(insert).bind("rolled back").execute().await.unwrap();
    rolled_back.rollback().await.unwrap();
    assert_eq!(count(&database).await, 0);
    let mut committed = database.begin().await.unwrap();
    committed.query(insert).bind("committed").execute().await.unwrap();
    assert_eq!(count(&database).await, 0, "not before it is committed");
    committed.commit().await.unwrap();
    assert_eq!(count(&database).await, 1);
    // Given ids and ids that number themselves get along.
    let mut tx = database.begin_exclusive("seed").await.unwrap();
    tx.query("INSERT INTO things (id, name) VALUES (41, 'given')").execute().await.unwrap();
    tx.restart_ids("things").await.unwrap();
    tx.commit().await.unwrap();
    let row = database.query("INSERT INTO things (name) VALUES ('next') RETURNING id").one().await.unwrap();
    assert_eq!(row.get::<i64>("id").unwrap(), 42);
}

async fn writers_wait_for_each_other(args: &DatabaseArgs) {
    let database = open(args).await;
    // A value read in one statement and written in the next: only right when writers exclude each other.
    let tasks = (0..8).map(|_| {
        let database = database.clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                let mut tx = database.begin_exclusive("count").await.unwrap();
                let row = tx.query("SELECT value FROM counters WHERE id = 1").one().await.unwrap();
                let value: i64 = row.get("value").unwrap();
                tx.query("UPDATE counters SET value = $1 WHERE id = 1")
                    .bind(value + 1)
                    .execute()
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            }
        })
    });
    for task in futures::future::join_all(tasks).await {
        task.unwrap();
    }
    let row = database.query("SELECT value FROM counters WHERE id = 1").one().await.unwrap();
    assert_eq!(row.get::<i64>("value").unwrap(), 80);
}

async fn migrations_run_once(args: &DatabaseArgs) {
    const MORE: Migration =
        Migration { version: 2, name: "more", sql: "ALTER TABLE things ADD COLUMN colour TEXT" };
    let args = Arc::new(args.clone());
    // Several processes of a service may start at once.
    let opens = (0..4).map(|_| {
        let args = args.clone();
        tokio::spawn(async move {
            Database::open(&args, "test-service", Durability::ProcessCrash, &[TABLE, MORE]).await
        })
    });
    for database in futures::future::join_all(opens).await {
        let database = database.unwrap().unwrap();
        database.query("SELECT colour FROM things").all().await.unwrap();
        database.close().await;
    }
    let older = Database::open(&args, "test-service", Durability::ProcessCrash, &[TABLE]).await.unwrap_err();
    assert!(older.to_string().contains("newer version"), "{older:#}");
    // A step that fails leaves nothing behind.
    let broken =
        Migration { version: 3, name: "broken", sql: "CREATE TABLE half (id BIGINT); SELECT nonsense" };
    let steps = [TABLE, MORE, broken];
    let error = Database::open(&args, "test-service", Durability::ProcessCrash, &steps).await.unwrap_err();
    assert!(error.to_string().contains("migration 3 (broken)"), "{error:#}");
    let database =
        Database::open(&args, "test-service", Durability::ProcessCrash, &[TABLE, MORE]).await.unwrap();
    assert!(database.query("SELECT id FROM half").all().await.is_err());
}

async fn services_keep_apart(args: &DatabaseArgs) {
    let one = open(args).await;
    if one.kind() == crate::Kind::Sqlite {
        // A file each: nothing to keep apart.
        return;
    }
    let two = Database::open(args, "other-service", Durability::PowerLoss, &[TABLE]).await.unwrap();
    one.query("INSERT INTO things (name) VALUES ('mine')").execute().await.unwrap();
    assert_eq!((count(&one).await, count(&two).await), (1, 0));
}
