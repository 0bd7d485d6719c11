//! Accepts connections and serves the router on them, within limits. Knows no URL.

mod activity;
mod admission;
mod stream;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::tls::Tls;
use super::{Surface, router};
use crate::app::App;
use activity::{Activity, Times};
use admission::{Admitted, Connections};
use stream::{Noted, begun, sent};

pub(super) use admission::sender;
pub(super) use stream::Peer;

/// How long accepting rests after it has failed, as it does when there are no more file descriptors.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);
/// Requests at the same time on one HTTP/2 connection.
const STREAMS_PER_CONNECTION_MAX: u32 = 100;
/// Bytes that an HTTP/2 peer may send before they are read, of one request and of all.
const STREAM_WINDOW_BYTES: u32 = 128 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 512 << 10;
/// How often an HTTP/2 peer is asked whether it is still there, and how long it may take to answer.
const PING_GAP: Duration = Duration::from_secs(20);
/// How often a connection is looked at. It may do something else meanwhile, which has another time.
const LOOK_GAP: Duration = Duration::from_millis(500);

/// Serves until `stop`; returns when the requests in flight have been answered, or their time is up.
pub(crate) async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    surface: Surface,
    tls: Option<Tls>,
    stop: CancellationToken,
) {
    let server = &app.config.server;
    let receive_time_max = Duration::from_millis(server.receive_ms_max);
    let connections =
        Connections::new(server.connections_max, server.connections_per_address_max, server.trusted_proxies.clone());
    let how = How {
        builder: builder(receive_time_max, server.head_bytes_max),
        service: TowerToHyperService::new(router(Arc::clone(&app), surface)),
        graceful: GracefulShutdown::new(),
        tls,
        times: Times {
            silent: Duration::from_millis(server.silent_ms_max),
            first_request: receive_time_max,
            response: Duration::from_millis(server.response_ms_max),
            http2_idle: Duration::from_millis(server.http2_idle_ms_max),
        },
    };
    while let Some((stream, peer)) = next(&listener, &stop).await {
        let activity = Arc::new(Activity::new(Instant::now()));
        let admitted = stop.run_until_cancelled(connections.admit(peer, &activity)).await;
        let Some(admitted) = admitted else { break };
        let Some(admitted) = admitted else { continue };
        tokio::spawn(how.serve(stream, peer, activity, admitted));
    }
    drop(listener);
    let grace = Duration::from_millis(server.shutdown_ms_max);
    if tokio::time::timeout(grace, how.graceful.shutdown()).await.is_err() {
        tracing::warn!(grace_ms = server.shutdown_ms_max, "some requests were not answered in time");
    }
}

/// How connections are served.
struct How {
    builder: Builder<TokioExecutor>,
    service: TowerToHyperService<Router>,
    graceful: GracefulShutdown,
    tls: Option<Tls>,
    times: Times,
}

impl How {
    /// Serves one connection until it ends, has taken too long, or makes room for another one.
    fn serve(
        &self,
        stream: TcpStream,
        peer: IpAddr,
        activity: Arc<Activity>,
        admitted: Admitted,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (builder, watcher, times) = (self.builder.clone(), self.graceful.watcher(), self.times);
        let stream = Noted { stream, activity: Arc::clone(&activity) };
        let service = service_fn({
            let (service, activity) = (self.service.clone(), Arc::clone(&activity));
            move |request| {
                let (request, in_flight) = begun(request, peer, &activity);
                let answer = service.call(request);
                async move { answer.await.map(|response| sent(response, in_flight)) }
            }
        });
        let tls = self.tls.clone();
        async move {
            // A connection that breaks is the client's affair.
            let serve = async {
                let _ = match tls {
                    None => watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned()).await,
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => {
                            watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned()).await
                        }
                        Err(_) => Ok(()),
                    },
                };
            };
            tokio::select! {
                () = serve => {}
                () = expires(&activity, times) => {}
                () = admitted.close.cancelled() => {}
            }
        }
    }
}

/// Ends when a connection has taken too long for what it is doing.
async fn expires(activity: &Activity, times: Times) {
    loop {
        let (now, deadline) = (Instant::now(), activity.deadline(&times));
        if deadline.is_some_and(|deadline| deadline <= now) {
            return;
        }
        let next_look = now + LOOK_GAP;
        tokio::time::sleep_until(deadline.map_or(next_look, |deadline| deadline.min(next_look)).into()).await;
    }
}

fn builder(head_time_max: Duration, head_bytes_max: usize) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head_time_max).max_buf_size(head_bytes_max);
    let http2_bytes_max = u32::try_from(head_bytes_max).unwrap_or(u32::MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .keep_alive_interval(PING_GAP)
        .keep_alive_timeout(PING_GAP)
        .max_header_list_size(http2_bytes_max);
    builder
}

/// The next connection and who is at its other end; nothing once it is time to stop.
async fn next(listener: &TcpListener, stop: &CancellationToken) -> Option<(TcpStream, IpAddr)> {
    let accept = async {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    return (stream, peer.ip());
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                }
            }
        }
    };
    stop.run_until_cancelled(accept).await
}
