//! Random transactions on records, against a plain map, with restarts in between.

use crate::medium::Medium;
use crate::thing::{NAME, OWNER, TAG, Thing};
use alcor_store::{RecordError, Snapshot, Store, TransactError, Txn, records};
use proptest::prelude::*;
use std::collections::BTreeMap;

type Model = BTreeMap<u32, Thing>;

#[derive(Clone, Debug)]
enum Action {
    Put(Thing),
    Insert(Thing),
    Delete(u32),
    /// Refuse the whole transaction.
    Refuse,
}

#[derive(Clone, Debug)]
enum Event {
    Transaction(Vec<Action>),
    Restart,
}

fn any_thing() -> impl Strategy<Value = Thing> {
    let tags = prop::collection::vec("[ab\0]{0,2}", 0..3);
    (0_u32..12, "[ab\0]{0,2}", 0_u32..12, tags).prop_map(|(id, owner, name, tags)| Thing {
        id,
        owner,
        name: format!("name {name}"),
        tags,
    })
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => any_thing().prop_map(Action::Put),
        3 => any_thing().prop_map(Action::Insert),
        3 => (0_u32..12).prop_map(Action::Delete),
        1 => Just(Action::Refuse),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let transaction = prop::collection::vec(action(), 1..5).prop_map(Event::Transaction);
    prop::collection::vec(
        prop_oneof![8 => transaction, 1 => Just(Event::Restart)],
        1..30,
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Name,
    Primary,
    Asked,
}

fn expect(model: &mut Model, action: &Action) -> Result<(), Refusal> {
    let (Action::Put(thing) | Action::Insert(thing)) = action else {
        return match action {
            Action::Delete(id) => {
                model.remove(id);
                Ok(())
            }
            _ => Err(Refusal::Asked),
        };
    };
    if matches!(action, Action::Insert(_)) && model.contains_key(&thing.id) {
        return Err(Refusal::Primary);
    }
    if model
        .values()
        .any(|other| other.name == thing.name && other.id != thing.id)
    {
        return Err(Refusal::Name);
    }
    model.insert(thing.id, thing.clone());
    Ok(())
}

fn perform(txn: &mut Txn<'_>, action: &Action) -> Result<(), Refusal> {
    let outcome = match action {
        Action::Put(thing) => records::put(txn, thing),
        Action::Insert(thing) => records::insert(txn, thing),
        Action::Delete(id) => records::delete::<Thing>(txn, &id.to_be_bytes()).map(|_| ()),
        Action::Refuse => return Err(Refusal::Asked),
    };
    outcome.map_err(|error| match error {
        RecordError::Duplicate { index: "name", .. } => Refusal::Name,
        RecordError::Duplicate {
            index: "primary", ..
        } => Refusal::Primary,
        error => panic!("{error}"),
    })
}

async fn transact(store: &Store, actions: Vec<Action>) -> Result<(), Refusal> {
    let run = move |txn: &mut Txn<'_>| actions.iter().try_for_each(|action| perform(txn, action));
    match store.transact(run).await {
        Ok(_) => Ok(()),
        Err(TransactError::Aborted(refusal)) => Err(refusal),
        Err(TransactError::Store(error)) => panic!("{error}"),
    }
}

fn check(view: &Snapshot, model: &Model) {
    let all: Vec<Thing> = records::scan(view, None, false)
        .map(Result::unwrap)
        .collect();
    assert_eq!(all, model.values().cloned().collect::<Vec<_>>());
    let mut entries = 0;
    for thing in model.values() {
        let mut tags = thing.tags.clone();
        tags.sort();
        tags.dedup();
        entries += 3 + tags.len();
        check_lookups(view, model, thing);
    }
    assert_eq!(view.len(), entries, "no index entry is left behind");
}

fn check_lookups(view: &Snapshot, model: &Model, thing: &Thing) {
    let same_owner = |other: &&Thing| other.owner == thing.owner;
    let expected: Vec<Thing> = model.values().filter(same_owner).cloned().collect();
    let parts = [thing.owner.as_bytes()];
    let found = records::lookup::<Thing>(view, OWNER, &parts, None, false);
    assert_eq!(found.map(Result::unwrap).collect::<Vec<_>>(), expected);
    for tag in &thing.tags {
        let tagged = |other: &&Thing| same_owner(other) && other.tags.contains(tag);
        let parts = [thing.owner.as_bytes(), tag.as_bytes()];
        assert_eq!(
            records::count::<Thing>(view, TAG, &parts),
            model.values().filter(tagged).count()
        );
    }
    let named = records::lookup::<Thing>(view, NAME, &[thing.name.as_bytes()], None, false);
    assert_eq!(
        named.map(Result::unwrap).collect::<Vec<_>>(),
        std::slice::from_ref(thing)
    );
}

async fn run(medium: Medium, events: Vec<Event>) {
    let mut store = medium.fresh();
    let mut model = Model::new();
    for event in events {
        match event {
            Event::Transaction(actions) => {
                let mut next = model.clone();
                let expected = actions
                    .iter()
                    .try_for_each(|action| expect(&mut next, action));
                assert_eq!(transact(&store, actions).await, expected);
                if expected.is_ok() {
                    model = next;
                }
            }
            Event::Restart => {
                let revision = store.revision();
                store.close().await.unwrap();
                store = medium.fresh();
                assert_eq!(store.revision(), revision);
            }
        }
        check(&store.snapshot(), &model);
    }
    store.close().await.unwrap();
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn records_follow_the_model_in_memory(events in events()) {
        block_on(run(Medium::memory(), events));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn records_follow_the_model_on_disk(events in events()) {
        block_on(run(Medium::disk(), events));
    }
}
