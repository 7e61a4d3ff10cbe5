//! The handle of a connection to an OVSDB server: calls with timeouts over a bounded queue.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::actor::Actor;
use crate::endpoint::Endpoint;
use crate::error::{DecodeError, Error};
use crate::exchange::Command;
use crate::feed::Feed;
use crate::monitor::{Monitor, MonitorRequest};
use crate::operation::Operation;
use crate::reply::{OpResult, decode_results};
use crate::schema::Schema;
use crate::update::Flavour;

/// Bounds and timeouts of a connection.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a call may take, including its wait in the queue.
    pub call_timeout: Duration,
    /// After this much silence an echo is sent; after as much again the peer is dead.
    pub echo_interval: Duration,
    /// Calls waiting to be sent, and calls waiting for an answer.
    pub queue: usize,
    /// The largest message accepted, in bytes.
    pub max_message: usize,
    /// Row changes kept for a slow reader of a monitor.
    pub max_changes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(10),
            echo_interval: Duration::from_secs(5),
            queue: 64,
            max_message: 64 << 20,
            max_changes: 4096,
        }
    }
}

/// A connection; clones share it. It ends when the last clone and monitor is dropped, or
/// when it fails, and is never made anew.
#[derive(Debug, Clone)]
pub struct Connection {
    commands: mpsc::Sender<Command>,
    closed: watch::Receiver<Option<Error>>,
    options: Arc<Options>,
}

impl Connection {
    /// Connects and starts the task that owns the socket.
    pub async fn connect(endpoint: &Endpoint, options: Options) -> Result<Self, Error> {
        let failed = |reason: String| Error::Connect {
            endpoint: endpoint.to_string(),
            reason,
        };
        let socket = timeout(options.connect_timeout, endpoint.open())
            .await
            .map_err(|_| failed(format!("no answer within {:?}", options.connect_timeout)))?
            .map_err(|error| failed(error.to_string()))?;
        let (commands, queued) = mpsc::channel(options.queue.max(1));
        let (report, closed) = watch::channel(None);
        let options = Arc::new(options);
        tokio::spawn(Actor::new(socket, queued, Arc::clone(&options)).run(report));
        Ok(Self {
            commands,
            closed,
            options,
        })
    }

    /// The names of the server's databases.
    pub async fn list_dbs(&self) -> Result<Vec<String>, Error> {
        let result = self.call("list_dbs", vec![]).await?;
        let names = result.as_array().map(|names| {
            let names = names.iter().map(|name| name.as_str().map(str::to_owned));
            names.collect::<Option<Vec<_>>>()
        });
        names
            .flatten()
            .ok_or_else(|| DecodeError::shape("an array of names", &result).into())
    }

    /// The schema of a database.
    pub async fn get_schema(&self, database: &str) -> Result<Schema, Error> {
        let result = self.call("get_schema", vec![json!(database)]).await?;
        Ok(Schema::from_json(&result)?)
    }

    /// Carries out the operations as one transaction: all of them, or none and an error.
    ///
    /// After [`Error::Timeout`] or [`Error::Closed`] it is not known whether the transaction
    /// was carried out.
    pub async fn transact(
        &self,
        database: &str,
        operations: &[Operation],
    ) -> Result<Vec<OpResult>, Error> {
        self.transact_within(database, operations, self.options.call_timeout)
            .await
    }

    /// As [`Connection::transact`] with another timeout, for a transaction that waits.
    pub async fn transact_within(
        &self,
        database: &str,
        operations: &[Operation],
        allowed: Duration,
    ) -> Result<Vec<OpResult>, Error> {
        let mut params = vec![json!(database)];
        params.extend(operations.iter().map(Operation::to_json));
        let result = self.call_within("transact", params, allowed).await?;
        decode_results(operations, &result)
    }

    /// Follows tables, by the newest kind of monitor that the server knows. When this
    /// returns, the tables are filled.
    pub async fn monitor(
        &self,
        database: &str,
        request: &MonitorRequest,
    ) -> Result<Monitor, Error> {
        let schema = Arc::new(self.get_schema(database).await?);
        for (table, columns) in request.columns() {
            for column in columns {
                schema.column(table, column)?;
            }
        }
        let feed = Feed::new(schema, request.columns().clone(), self.options.max_changes);
        let feed = Arc::new(feed);
        self.start_monitor(database, request, &feed).await?;
        Ok(Monitor::new(feed, self.clone()))
    }

    /// Waits until the connection has ended and says why.
    pub async fn closed(&self) -> Error {
        let mut closed = self.closed.clone();
        let reason = closed
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|reason| reason.clone());
        reason.unwrap_or_else(|| Error::closed("the connection's task was stopped"))
    }

    async fn start_monitor(
        &self,
        database: &str,
        request: &MonitorRequest,
        feed: &Arc<Feed>,
    ) -> Result<(), Error> {
        let mut answer = Ok(());
        for flavour in Flavour::ALL {
            let (reply, answered) = oneshot::channel();
            let command = Command::Monitor {
                flavour,
                database: database.to_owned(),
                requests: request.to_json(),
                feed: Arc::downgrade(feed),
                reply,
            };
            let allowed = self.options.call_timeout;
            answer = self.ask(flavour.method(), command, answered, allowed).await;
            if !answer.as_ref().is_err_and(Error::is_unknown_method) {
                break;
            }
        }
        answer
    }

    async fn call(&self, method: &'static str, params: Vec<Value>) -> Result<Value, Error> {
        self.call_within(method, params, self.options.call_timeout)
            .await
    }

    async fn call_within(
        &self,
        method: &'static str,
        params: Vec<Value>,
        allowed: Duration,
    ) -> Result<Value, Error> {
        let (reply, answered) = oneshot::channel();
        self.ask(
            method,
            Command::Call {
                method,
                params,
                reply,
            },
            answered,
            allowed,
        )
        .await
    }

    async fn ask<T>(
        &self,
        method: &'static str,
        command: Command,
        answered: oneshot::Receiver<Result<T, Error>>,
        allowed: Duration,
    ) -> Result<T, Error> {
        let exchange = async {
            self.commands.send(command).await.ok()?;
            answered.await.ok()
        };
        match timeout(allowed, exchange).await {
            Err(_) => Err(Error::Timeout {
                method,
                after: allowed,
            }),
            Ok(Some(answer)) => answer,
            Ok(None) => Err(self.closed().await),
        }
    }
}
