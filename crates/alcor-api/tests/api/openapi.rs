//! The checked-in document is the one that is served.

use crate::region::Region;
use serde_json::Value;
use std::path::Path;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

/// With `ALCOR_WRITE_OPENAPI` set, it writes the file instead.
#[test]
fn the_checked_in_openapi_document_is_the_present_one() {
    let present = alcor_api::openapi();
    if std::env::var_os("ALCOR_WRITE_OPENAPI").is_some() {
        std::fs::write(Path::new(FILE), &present).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap();
    assert!(
        kept == present,
        "docs/openapi.json is out of date: run this test with ALCOR_WRITE_OPENAPI=1 and commit it"
    );
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document: Value = serde_json::from_str(&alcor_api::openapi()).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn no_two_operations_have_the_same_id() {
    let document: Value = serde_json::from_str(&alcor_api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths
        .values()
        .flat_map(|path| path.as_object().unwrap().values());
    let mut ids: Vec<_> = operations
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn every_link_of_the_document_leads_to_an_operation() {
    let document: Value = serde_json::from_str(&alcor_api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations: Vec<&Value> = paths
        .flat_map(|path| path.as_object().unwrap().values())
        .collect();
    let ids: Vec<&Value> = operations.iter().map(|one| &one["operationId"]).collect();
    let responses = operations
        .iter()
        .flat_map(|one| one["responses"].as_object().unwrap().values());
    let links = responses.filter_map(|one| one["links"].as_object());
    let targets: Vec<&Value> = links
        .flat_map(|all| all.values())
        .map(|link| &link["operationId"])
        .collect();
    assert!(targets.len() > 50);
    for target in targets {
        assert!(ids.contains(&target), "{target}");
    }
}

fn collect(value: &Value, to: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                to.push(reference.clone());
            }
            map.values().for_each(|value| collect(value, to));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, to)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_served_without_a_token() {
    let nobody = Region::guarded().as_user("no-such-token");
    let body = nobody.get("/openapi.json").await.expect(200);
    assert_eq!(body["openapi"], "3.1.0");
    assert!(body["paths"]["/v2.0/ports/{id}"]["put"].is_object());
}
