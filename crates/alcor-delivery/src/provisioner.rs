//! The first Alcor's published question (`RequestGoalStates`), for agents that speak no other: who is
//! behind an address that one of their VMs sends to?
//!
//! The reply says whether there is a way. What it takes to go there reaches the host by its session,
//! as an answer to a want does, and from then on the host hears of what becomes of it. Goal states are
//! pushed by sessions alone, so that the service's other calls are refused.

use crate::Delivery;
use alcor_goalstate::Sought;
use alcor_goalstate::wire::goal_state_provisioner_server::GoalStateProvisioner;
use alcor_goalstate::wire::host_request::ResourceStateRequest;
use alcor_goalstate::wire::host_request_reply::HostRequestOperationStatus;
use alcor_goalstate::wire::{
    GoalState, GoalStateOperationReply, GoalStateV2, HostRequest, HostRequestReply,
    NeighborRulesRequest, OperationStatus, RequestType,
};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;
use tokio_stream::Empty;
use tonic::{Request, Response, Status, Streaming};

/// Questions in one message; the rest is refused.
const QUESTIONS: usize = 256;

type Replies = Empty<Result<GoalStateOperationReply, Status>>;

#[tonic::async_trait]
impl GoalStateProvisioner for Delivery {
    type PushGoalStatesStreamStream = Replies;
    type PushGoalstatesStream = Replies;

    async fn push_network_resource_states(
        &self,
        _: Request<GoalState>,
    ) -> Result<Response<GoalStateOperationReply>, Status> {
        Err(by_session())
    }

    async fn push_goal_states_stream(
        &self,
        _: Request<Streaming<GoalStateV2>>,
    ) -> Result<Response<Replies>, Status> {
        Err(by_session())
    }

    async fn push_goalstates(
        &self,
        _: Request<Streaming<NeighborRulesRequest>>,
    ) -> Result<Response<Replies>, Status> {
        Err(by_session())
    }

    async fn request_goal_states(
        &self,
        request: Request<HostRequest>,
    ) -> Result<Response<HostRequestReply>, Status> {
        let (begun, caller) = (Instant::now(), request.remote_addr());
        let HostRequest {
            format_version,
            state_requests,
        } = request.into_inner();
        let mut statuses = Vec::with_capacity(state_requests.len());
        for (index, asked) in state_requests.into_iter().enumerate() {
            let status = if index < QUESTIONS {
                self.answer(&asked, caller).await
            } else {
                OperationStatus::InvalidArg
            };
            statuses.push(HostRequestOperationStatus {
                request_id: asked.request_id,
                operation_status: status.into(),
            });
        }
        Ok(Response::new(HostRequestReply {
            format_version,
            operation_statuses: statuses,
            total_operation_time: u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX),
        }))
    }
}

fn by_session() -> Status {
    Status::unimplemented("goal states are pushed by HostSession; the region takes none")
}

impl Delivery {
    async fn answer(
        &self,
        asked: &ResourceStateRequest,
        caller: Option<SocketAddr>,
    ) -> OperationStatus {
        match asked.request_type() {
            RequestType::OnDemand => {
                let answer = self.on_demand(asked).await;
                answer.unwrap_or(OperationStatus::InvalidArg)
            }
            RequestType::AgentRestarted => self.restarted(caller).await,
        }
    }

    /// Whether there is a way from one address to the other; nothing where they are no addresses.
    async fn on_demand(&self, asked: &ResourceStateRequest) -> Option<OperationStatus> {
        let from: IpAddr = asked.source_ip.parse().ok()?;
        let to: IpAddr = asked.destination_ip.parse().ok()?;
        let compiler = self.shared.compiler.read().await;
        let way = compiler.way(asked.tunnel_id, from, to);
        drop(compiler);
        Some(match way {
            Some((host, network)) => {
                let hosts = &self.shared.hosts;
                hosts.tell(&host, network, Sought::Address(to));
                OperationStatus::Success
            }
            None => OperationStatus::Failure,
        })
    }

    /// The agent that calls has forgotten everything: it is told all anew.
    async fn restarted(&self, caller: Option<SocketAddr>) -> OperationStatus {
        let compiler = self.shared.compiler.read().await;
        let host = caller.and_then(|caller| compiler.host_at(caller.ip()));
        drop(compiler);
        let told = host.is_some_and(|host| self.shared.hosts.tell_anew(&host));
        if told {
            OperationStatus::Success
        } else {
            OperationStatus::Failure
        }
    }
}
