//! Many customers of one host, made through its API as an operator would: their connections over several sockets at a time,
//! their subscriptions in bulk.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::{anyhow, ensure};
use serde_json::json;
use tokio::task::LocalSet;

use crate::contender::subscriber;
use crate::host::Host;
use crate::http::{Connection, request, status};

const SOCKETS: usize = 32;
/// Lines of one request in bulk.
const LINES: usize = 5_000;

/// A connection for each user below `count`.
pub(crate) async fn connect(host: &Host, integration: &str, count: usize) -> anyhow::Result<()> {
    let next = Rc::new(Cell::new(0));
    let authorization = format!("Bearer {}", host.api.token);
    let local = LocalSet::new();
    let sockets: Vec<_> = (0..SOCKETS)
        .map(|_| {
            let (next, authorization, integration) = (Rc::clone(&next), authorization.clone(), integration.to_owned());
            let address = host.address;
            local.spawn_local(async move {
                let mut socket = Connection::open(address).await?;
                while next.get() < count {
                    let user = subscriber(next.replace(next.get() + 1));
                    let body =
                        json!({ "integration": integration, "customer": user, "credentials": { "userId": user } });
                    let path = format!("/v1/connections/{user}");
                    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
                    let status =
                        socket.status_of(&request("PUT", &path, &headers, body.to_string().as_bytes())).await?;
                    ensure!((200..300).contains(&status), "PUT {path}: {status}");
                }
                Ok(())
            })
        })
        .collect();
    local.await;
    for socket in sockets {
        socket.await??;
    }
    Ok(())
}

/// A subscription for each user below `count`.
pub(crate) async fn subscribe(host: &Host, count: usize, destination: &str) -> anyhow::Result<()> {
    let authorization = format!("Bearer {}", host.api.token);
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/x-ndjson")];
    let mut socket = Connection::open(host.address).await?;
    for first in (0..count).step_by(LINES) {
        let line = |number| {
            let destination = json!({ "url": destination });
            json!({ "connection": subscriber(number), "event": "event-key", "destination": destination }).to_string()
                + "\n"
        };
        let lines = first..count.min(first + LINES);
        let expected = lines.len();
        let body: String = lines.map(line).collect();
        socket.send(&request("POST", "/v1/subscriptions/bulk", &headers, body.as_bytes())).await?;
        let answer = socket.receive().await?.ok_or_else(|| anyhow!("no answer to subscriptions in bulk"))?;
        ensure!(status(answer.head)? == 200, "subscriptions in bulk: {}", answer.head);
        let text = String::from_utf8_lossy(answer.body);
        let made = text.lines().filter(|line| line.contains("\"status\":\"subscribed\"")).count();
        ensure!(
            made == expected,
            "{made} of {expected} subscriptions were made: {}",
            text.lines().next().unwrap_or_default()
        );
    }
    Ok(())
}
