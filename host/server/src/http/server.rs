//! Accepts connections and serves the router on them, within limits. Knows no URL.
//!
//! `admission` bounds how many connections there are, `deadlines` how long each may take for what it does, `activity` how long it
//! may be silent between two requests.

mod activity;
mod admission;
mod deadlines;
mod early;
mod linger;
mod noted;
mod request_line;
mod stream;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::tls::Tls;
use super::{Surface, router};
use crate::app::App;
use crate::config::Server;
use activity::{Patience, Silence};
use admission::{Admitted, Connections};
use deadlines::{Activity, Times};
use early::OnConnection;
use linger::Linger;
use noted::{Noted, begun, sent};
use stream::Watched;

pub(super) use admission::sender;
pub(super) use noted::Peer;

/// How long accepting pauses after it has failed, as it does when there are no more file descriptors.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);
/// Requests at the same time on one HTTP/2 connection.
const STREAMS_PER_CONNECTION_MAX: u32 = 100;
/// Bytes that an HTTP/2 peer may send before they are read, of one request and of all.
const STREAM_WINDOW_BYTES: u32 = 128 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 512 << 10;
/// How often an HTTP/2 peer is asked whether it is still there, and how long it may take to answer.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How often a connection is looked at. It may do something else meanwhile, which has another time.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// Serves until `stop`; returns when the requests in flight have been answered, or their time is up.
pub(crate) async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    surface: Surface,
    tls: Option<Tls>,
    stop: CancellationToken,
) {
    let server = &app.config.server;
    let connections =
        Connections::new(server.connections_max, server.connections_per_address_max, server.trusted_proxies.clone());
    let serving = Serving {
        builder: builder(server),
        router: TowerToHyperService::new(router(Arc::clone(&app), surface)),
        tls,
        patience: patience(server),
        times: times(server),
        stop: stop.clone(),
    };
    let tasks = TaskTracker::new();
    while let Some((stream, peer)) = next(&listener, &stop).await {
        let activity = Arc::new(Activity::new(Instant::now()));
        let admitted = stop.run_until_cancelled(connections.admit(peer, &activity)).await;
        let Some(admitted) = admitted else { break };
        let Some(admitted) = admitted else { continue };
        tasks.spawn(serving.clone().serve_within_limits(stream, peer, activity, admitted));
    }
    drop(listener);
    tasks.close();
    let grace = Duration::from_millis(server.shutdown_ms_max);
    if tokio::time::timeout(grace, tasks.wait()).await.is_err() {
        tracing::warn!(grace_ms = server.shutdown_ms_max, "some requests were not answered in time");
    }
}

/// What serves one connection.
#[derive(Clone)]
struct Serving {
    builder: Builder<TokioExecutor>,
    router: TowerToHyperService<Router>,
    tls: Option<Tls>,
    patience: Patience,
    times: Times,
    stop: CancellationToken,
}

impl Serving {
    /// Serves one connection until it ends, has taken too long, or is closed in favour of another one.
    async fn serve_within_limits(self, stream: TcpStream, peer: IpAddr, activity: Arc<Activity>, admitted: Admitted) {
        let (times, tls) = (self.times, self.tls.clone());
        let stream = Noted { stream, activity: Arc::clone(&activity) };
        let serve = async {
            match tls {
                None => self.serve(stream, peer, &activity).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        self.serve(stream, peer, &activity).await;
                    }
                }
            }
        };
        tokio::select! {
            () = serve => {}
            () = expires(&activity, times) => {}
            () = admitted.close.cancelled() => {}
        }
    }

    /// Serves until the client closes, is silent for too long, or all is to stop. A connection that breaks is the client's affair.
    async fn serve(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: IpAddr,
        deadlines: &Arc<Activity>,
    ) {
        let Serving { builder, router, patience, stop, .. } = self;
        let activity = activity::Activity::new();
        let stream = TokioIo::new(Watched::new(stream, activity.clone(), patience.linger));
        let on_connection = OnConnection { router, activity: activity.clone(), linger: patience.linger };
        let service = service_fn(|mut request| {
            let in_flight = begun(&mut request, peer, deadlines);
            let response = on_connection.call(request);
            async move { response.await.map(|response| sent(response, in_flight)) }
        });
        let mut connection = std::pin::pin!(builder.serve_connection(stream, service));
        let silence = tokio::select! {
            _ = connection.as_mut() => return,
            silence = activity.silence(patience) => Some(silence),
            () = stop.cancelled() => None,
        };
        if silence == Some(Silence::Head) {
            return;
        }
        connection.as_mut().graceful_shutdown();
        match silence {
            // Only what came at the last moment is still to be answered.
            Some(_) => drop(tokio::time::timeout(patience.head, connection).await),
            None => drop(connection.await),
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
        let next_look = now + LOOK_INTERVAL;
        tokio::time::sleep_until(deadline.map_or(next_look, |deadline| deadline.min(next_look)).into()).await;
    }
}

fn patience(server: &Server) -> Patience {
    let linger = Linger { bytes_max: server.linger_bytes_max, time_max: Duration::from_millis(server.linger_ms_max) };
    Patience {
        head: Duration::from_millis(server.receive_ms_max),
        idle: Duration::from_millis(server.keep_alive_ms_max),
        linger,
    }
}

fn times(server: &Server) -> Times {
    Times {
        silent: Duration::from_millis(server.silent_ms_max),
        first_request: Duration::from_millis(server.receive_ms_max),
        response: Duration::from_millis(server.response_ms_max),
        http2_idle: Duration::from_millis(server.http2_idle_ms_max),
    }
}

fn builder(server: &Server) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // How long a head may take is known to `activity`, which tells it from the silence between two requests.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_headers(server.headers_max)
        .max_buf_size(server.head_bytes_max);
    let http2_bytes_max = u32::try_from(server.head_bytes_max).unwrap_or(u32::MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL)
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
