//! Real hosts in the check: what the region wants of each, as an observer hears it, and whether its agent
//! and its switch have made that true.

use super::Verdict;
use crate::agent::Agent;
use crate::switches::Switches;
use alcor_agent::Inspection;
use alcor_goalstate::wire::host_session_client::HostSessionClient;
use alcor_goalstate::wire::{
    AgentMessage, Hello, agent_message::Body as Said, region_message::Body as Heard,
};
use alcor_types::HostName;
use anyhow::{Context, bail, ensure};
use std::collections::HashMap;

/// The largest push that is taken, as a real agent's.
const MAX_MESSAGE: usize = 16 << 20;

/// Looks at all real hosts. What their switches lack is a difference; the goals are still to be compared.
pub(super) async fn look(
    switches: &Switches,
    verdict: &mut Verdict,
) -> anyhow::Result<HashMap<HostName, Agent>> {
    let mut held = HashMap::new();
    for (number, host) in (1..).zip(switches.names()) {
        let look = switches.inspection(number);
        let found = alcor_agent::inspect(&look).await;
        let found = found.with_context(|| format!("cannot look at {host}"))?;
        verdict.switches += 1;
        verdict.flows += found.installed;
        judge(&host, &found, verdict);
        let wanted = observe(&look.region, &host).await?;
        held.insert(host, wanted);
    }
    Ok(held)
}

fn judge(host: &HostName, found: &Inspection, verdict: &mut Verdict) {
    for (owner, flow) in &found.missing {
        verdict.differs(format!(
            "the switch of {host} lacks a flow of {owner:?}: {flow:?}"
        ));
    }
    for flow in &found.stale {
        verdict.differs(format!(
            "the switch of {host} has {flow:?}, which nobody wants"
        ));
    }
    if !found.meters.is_empty() {
        verdict.differs(format!("meters of {host}: {:?}", found.meters));
    }
    // What an agent has said of an earlier revision says nothing of this one.
    for word in &found.scopes {
        if !word.agrees && word.held == Some(word.wanted) {
            let scope = &word.scope;
            verdict.differs(format!(
                "the agent of {host} holds {scope} with another digest"
            ));
        }
    }
}

/// What the region wants of a host, as it tells somebody who only watches. Of large networks that is what
/// the host's agent has asked for.
pub(crate) async fn observe(agents: &str, host: &HostName) -> anyhow::Result<Agent> {
    let client = HostSessionClient::connect(agents.to_owned()).await?;
    let mut client = client.max_decoding_message_size(MAX_MESSAGE);
    let hello = Hello {
        host_id: host.to_string(),
        observer: true,
        ..Hello::default()
    };
    let hello = AgentMessage {
        body: Some(Said::Hello(hello)),
    };
    let mut heard = client
        .session(tokio_stream::once(hello))
        .await?
        .into_inner();
    let mut agent = Agent::default();
    while let Some(message) = heard.message().await? {
        match message.body {
            Some(Heard::Welcome(welcome)) => drop(agent.welcome(&welcome)),
            Some(Heard::Push(push)) => {
                if let Err(refusal) = agent.push(&push) {
                    bail!("of {host}: {refusal:?}");
                }
            }
            None => {}
        }
    }
    ensure!(agent.is_complete(), "the region did not tell all of {host}");
    Ok(agent)
}
