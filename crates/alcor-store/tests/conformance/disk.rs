//! What only a directory can get wrong.

use crate::medium::{Medium, put};
use alcor_store::{BackendError, Options, Store, StoreError};
use fjall::{Database, KeyspaceCreateOptions, PersistMode};
use std::path::Path;

fn refused(dir: &Path) -> BackendError {
    match Store::open(dir, Options::default()).map(|_| ()) {
        Err(StoreError::Backend(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn tamper(dir: &Path, keyspace: &str, key: &[u8], value: Option<&[u8]>) {
    let database = Database::builder(dir).open().unwrap();
    let keyspace = database
        .keyspace(keyspace, KeyspaceCreateOptions::default)
        .unwrap();
    match value {
        Some(value) => keyspace.insert(key, value).unwrap(),
        None => keyspace.remove(key).unwrap(),
    }
    database.persist(PersistMode::SyncAll).unwrap();
}

async fn written() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Options::default()).unwrap();
    for row in 0..5 {
        put(&store, &format!("row/{row}"), "value").await;
    }
    store.close().await.unwrap();
    dir
}

#[tokio::test]
async fn a_directory_has_one_holder() {
    let medium = Medium::disk();
    let store = medium.fresh();
    let Medium::Disk(dir) = &medium else {
        unreachable!()
    };
    assert!(matches!(refused(dir.path()), BackendError::Locked { .. }));
    store.close().await.unwrap();
    medium.fresh().close().await.unwrap();
}

#[tokio::test]
async fn another_format_is_refused_with_advice() {
    let dir = written().await;
    tamper(dir.path(), "meta", b"format", Some(&7_u32.to_be_bytes()));
    let error = refused(dir.path());
    assert!(matches!(
        error,
        BackendError::Format {
            found: 7,
            supported: 2,
            ..
        }
    ));
    assert!(
        error.to_string().contains("run the version that wrote it"),
        "{error}"
    );
}

#[tokio::test]
async fn damage_is_told_from_data() {
    let third = 3_u64.to_be_bytes();
    for (keyspace, key, value) in [
        ("changes", &third[..], None),
        ("changes", &third, Some(&b"\0\0\0\x09short"[..])),
        ("changes", b"key", Some(b"")),
        ("meta", b"revision", Some(b"short")),
        ("meta", b"revision", Some(&third)),
    ] {
        let dir = written().await;
        tamper(dir.path(), keyspace, key, value);
        let error = refused(dir.path());
        assert!(
            matches!(error, BackendError::Corrupt { .. }),
            "{keyspace} {key:?}: {error}"
        );
    }
}
