//! Random lives of whole regions through the API, against a model that knows only what was made
//! and not deleted: nothing comes back after its deletion, revisions only rise, no request is
//! answered by an error of the server, and the audit finds nothing wrong, also after the region
//! was restarted between two requests.

mod kinds;
mod laws;

use crate::region::{Region, id};
use alcor_managers::{Provider, Settings, audit, schema};
use alcor_store::Store;
use kinds::{KINDS, Kind};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tempfile::TempDir;

/// One request, or a restart. The numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Make(usize, [usize; 4]),
    Change(usize, [usize; 4]),
    Drop(usize, usize),
    Act(usize, [usize; 4]),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let kind = 0..KINDS.len();
    let numbers = any::<[usize; 4]>;
    prop_oneof![
        10 => (kind.clone(), numbers()).prop_map(|(kind, at)| Step::Make(kind, at)),
        4 => (kind.clone(), numbers()).prop_map(|(kind, at)| Step::Change(kind, at)),
        3 => (kind.clone(), any::<usize>()).prop_map(|(kind, at)| Step::Drop(kind, at)),
        4 => (kind, numbers()).prop_map(|(kind, at)| Step::Act(kind, at)),
        1 => Just(Step::Restart),
    ]
}

/// What was made and not deleted: for each kind its ids and their revisions.
#[derive(Default)]
pub(crate) struct Model {
    alive: BTreeMap<&'static str, BTreeMap<String, u64>>,
    gone: BTreeSet<(&'static str, String)>,
}

impl Model {
    /// One living id of the kind, or one that never was.
    pub(crate) fn pick(&self, kind: &str, at: usize) -> String {
        let alive = self.alive.get(kind);
        let count = alive.map_or(0, BTreeMap::len);
        let found = at.checked_rem(count).and_then(|at| alive?.keys().nth(at));
        found.map_or_else(|| uuid::Uuid::nil().to_string(), String::clone)
    }
}

struct World {
    folder: TempDir,
    region: Region,
    model: Model,
}

fn open(folder: &Path) -> Region {
    let store = Store::open(folder, schema::store_options()).unwrap();
    let settings = Settings {
        provider: Provider::default().with_vnis(7..=12),
        quotas: laws::limits(),
        ..Settings::default()
    };
    Region::on(store, settings)
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let region = open(folder.path());
        let model = Model::default();
        Self {
            folder,
            region,
            model,
        }
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::Make(kind, at) => self.make(&KINDS[*kind], *at).await,
            Step::Change(kind, at) => self.change(&KINDS[*kind], *at).await,
            Step::Drop(kind, at) => self.drop(&KINDS[*kind], *at).await,
            Step::Act(kind, at) => self.act(&KINDS[*kind], *at).await,
            Step::Restart => self.restart().await,
        }
        laws::hold(&self.lists().await);
    }

    /// What each list shows, by its path.
    async fn lists(&self) -> laws::Lists {
        let mut lists = laws::Lists::new();
        for kind in KINDS {
            let list = self.region.get(&format!("/v2.0/{}", kind.path)).await;
            let shown = list.expect(200)[kind.plural].take();
            lists.insert(kind.path, shown.as_array().unwrap().clone());
        }
        lists
    }

    async fn make(&mut self, kind: &Kind, at: [usize; 4]) {
        let body = json!({ kind.singular: (kind.create)(&self.model, at) });
        let path = format!("/v2.0/{}", kind.path);
        let Some(body) = self.request("POST", &path, Some(&body)).await else {
            return;
        };
        let made = &body[kind.singular];
        self.note(kind, made);
        let shown = self.region.get(&format!("{path}/{}", id(made))).await;
        assert_eq!(&shown.expect(200)[kind.singular], made, "{}", kind.path);
    }

    async fn change(&mut self, kind: &Kind, at: [usize; 4]) {
        let Some(update) = kind.update else { return };
        let path = format!("/v2.0/{}/{}", kind.path, self.model.pick(kind.path, at[3]));
        let body = json!({ kind.singular: update(&self.model, at) });
        if let Some(body) = self.request("PUT", &path, Some(&body)).await {
            self.note(kind, &body[kind.singular]);
        }
    }

    async fn drop(&mut self, kind: &Kind, at: usize) {
        let one = self.model.pick(kind.path, at);
        let path = format!("/v2.0/{}/{one}", kind.path);
        if self.request("DELETE", &path, None).await.is_some() {
            self.settle().await;
            self.region.get(&path).await.expect(404);
        }
    }

    async fn act(&mut self, kind: &Kind, at: [usize; 4]) {
        let Some(action) = kind.action else { return };
        let (name, body) = action(&self.model, at);
        let one = self.model.pick(kind.path, at[3]);
        let path = format!("/v2.0/{}/{one}/{name}", kind.path);
        self.request("PUT", &path, Some(&body)).await;
        self.settle().await;
    }

    async fn restart(&mut self) {
        self.region.store.clone().close().await.unwrap();
        self.region = open(self.folder.path());
        self.settle().await;
    }

    /// The answer's body, where the request was granted.
    async fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Value> {
        let answer = self.region.call(method, path, &[], body).await;
        let status = answer.status;
        let fine = status.is_success() || status.is_client_error();
        // Running out of segmentation ids is Neutron's 503.
        let exhausted = answer.body["NeutronError"]["type"] == "NoNetworkAvailable";
        assert!(
            fine || exhausted,
            "{method} {path} {body:?}: {}",
            answer.body
        );
        status.is_success().then_some(answer.body)
    }

    /// Takes a resource that an answer shows into the model.
    fn note(&mut self, kind: &Kind, shown: &Value) {
        let key = (kind.path, id(shown));
        assert!(!self.model.gone.contains(&key), "{key:?} came back");
        let revision = shown["revision_number"].as_u64().unwrap_or(0);
        let alive = self.model.alive.entry(kind.path).or_default();
        let before = alive.insert(key.1, revision);
        assert!(before.is_none_or(|before| before <= revision), "{shown}");
    }

    /// Takes what the lists show into the model: deletions and actions reach further than the
    /// resource they name.
    async fn settle(&mut self) {
        let lists = self.lists().await;
        for kind in KINDS {
            let shown = &lists[kind.path];
            for one in shown {
                self.note(kind, one);
            }
            let there: BTreeSet<String> = shown.iter().map(id).collect();
            let alive = self.model.alive.entry(kind.path).or_default();
            let gone = alive.keys().filter(|id| !there.contains(*id)).cloned();
            let gone: Vec<String> = gone.collect();
            for id in gone {
                alive.remove(&id);
                self.model.gone.insert((kind.path, id));
            }
        }
    }

    fn audit(&self, after: &Step) {
        let faults = audit(&self.region.store.snapshot()).unwrap();
        assert_eq!(faults, [""; 0], "after {after:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_life_keeps_the_invariants(steps in prop::collection::vec(step(), 1..80)) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let mut world = World::new();
            for step in &steps {
                world.step(step).await;
                world.audit(step);
            }
            world.restart().await;
            world.audit(&Step::Restart);
        });
    }
}
