//! Accepts connections and serves the router on them, within limits. Knows no URL.

mod activity;
mod early;
mod linger;
mod request_line;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::router;
use super::tls::Tls;
use crate::app::App;
use crate::config::Server;
use activity::{Activity, Patience, Silence};
use early::OnConnection;
use linger::Linger;
use stream::Watched;

/// How long accepting rests after it has failed, as it does when there are no more file descriptors.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);
/// Requests at the same time on one HTTP/2 connection.
const STREAMS_PER_CONNECTION_MAX: u32 = 100;

/// Serves until `stop`; returns when the requests under way have been answered, or their time is up.
pub(crate) async fn serve(app: Arc<App>, listener: TcpListener, tls: Option<Tls>, stop: CancellationToken) {
    let server = &app.config.server;
    let places_count = u32::try_from(server.connections_max).unwrap_or(u32::MAX);
    let places = Arc::new(Semaphore::new(server.connections_max));
    let serving = Serving {
        builder: builder(server),
        router: TowerToHyperService::new(router(Arc::clone(&app))),
        patience: patience(server),
        stop: stop.clone(),
    };
    while let Some((stream, place)) = next(&listener, &places, &stop).await {
        let (serving, tls) = (serving.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => serving.serve(stream).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = tokio::time::timeout(serving.patience.head, tls.accept(stream)).await {
                        serving.serve(stream).await;
                    }
                }
            }
            drop(place);
        });
    }
    drop(listener);
    let grace = Duration::from_millis(server.shutdown_ms_max);
    // All places are free when no connection is left.
    if tokio::time::timeout(grace, places.acquire_many(places_count)).await.is_err() {
        tracing::warn!(grace_ms = server.shutdown_ms_max, "some requests were not answered in time");
    }
}

/// What serves one connection.
#[derive(Clone)]
struct Serving {
    builder: Builder<TokioExecutor>,
    router: TowerToHyperService<Router>,
    patience: Patience,
    stop: CancellationToken,
}

impl Serving {
    /// Serves until the client closes, is silent for too long, or all is to stop. A connection that breaks is the client's affair.
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Serving { builder, router, patience, stop } = self;
        let activity = Activity::new();
        let stream = TokioIo::new(Watched::new(stream, activity.clone(), patience.linger));
        let service = OnConnection { router, activity: activity.clone(), linger: patience.linger };
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

fn patience(server: &Server) -> Patience {
    let linger = Linger { bytes_max: server.linger_bytes_max, time_max: Duration::from_millis(server.linger_ms_max) };
    Patience {
        head: Duration::from_millis(server.receive_ms_max),
        idle: Duration::from_millis(server.keep_alive_ms_max),
        linger,
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
        .max_header_list_size(http2_bytes_max);
    builder
}

/// The next connection and its place among all; nothing once it is time to stop.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let accept = async {
        let place = Arc::clone(places).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    return Some((stream, place));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                }
            }
        }
    };
    stop.run_until_cancelled(accept).await.flatten()
}
