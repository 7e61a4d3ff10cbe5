//! Random lives of whole regions through the API, against a model that knows only what was made
//! and not deleted, and which quotas were given. After every step: what was deleted stays gone
//! and nothing names it, a change of what is shown raises the revision, a refusal changed nothing,
//! quotas are kept, no request was answered by an error of the server, and the audit finds nothing
//! wrong; also after the region was restarted, lost its last write, or died before it answered.

mod area;
mod crash;
mod kind;
mod laws;
mod model;
mod quotas;
mod revisions;
mod start;
mod step;
mod world;

use proptest::prelude::*;
use step::Step;
use world::World;

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_life_keeps_the_invariants(
        settled: bool,
        kinds in area::some_kinds(),
        steps in prop::collection::vec(step::any_step(), 1..80),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let mut world = World::begin(settled, kinds).await;
            for step in &steps {
                world.step(step).await;
            }
            world.step(&Step::Restart).await;
            world.end().await;
        });
    }
}
