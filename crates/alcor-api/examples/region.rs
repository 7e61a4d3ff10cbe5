//! A region's API without a region around it, to try clients by hand:
//! `cargo run -p alcor-api --example region -- 127.0.0.1:9696 [token-file]`.
//! It keeps nothing; every node's agent is shown as alive.

use alcor_api::{AgentLiveness, ApiState, Auth, Liveness, TokenFile};
use alcor_managers::Settings;
use alcor_store::Store;
use alcor_types::{HostName, Timestamp};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

struct AllAlive;

impl Liveness for AllAlive {
    fn agent(&self, _: &HostName) -> Option<AgentLiveness> {
        Some(AgentLiveness {
            alive: true,
            last_heartbeat: Timestamp::now(),
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or("127.0.0.1:9696".to_owned());
    let auth = match arguments.next() {
        Some(path) => Auth::Token(Arc::new(TokenFile::load(Path::new(&path))?)),
        None => Auth::None,
    };
    let state = ApiState::new(
        Store::ephemeral(),
        Arc::new(Settings::default().without_quotas()),
        auth,
        Arc::new(AllAlive),
        Arc::default(),
    );
    state.set_ready(true);
    let listener = tokio::net::TcpListener::bind(&address).await?;
    let stop = async {
        // Without a handler for the signal, the default action ends the process just as well.
        let _ = tokio::signal::ctrl_c().await;
    };
    alcor_api::serve(listener, state, stop).await?;
    Ok(())
}
