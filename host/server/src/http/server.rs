//! Accepts connections and serves the router on them, within limits. Knows no URL.

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::router;
use super::tls::Tls;
use crate::app::App;

/// How long accepting rests after it has failed, as it does when there are no more file descriptors.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);
/// Requests at the same time on one HTTP/2 connection.
const STREAMS_PER_CONNECTION_MAX: u32 = 100;

/// Serves until `stop`; returns when the requests under way have been answered, or their time is up.
pub(crate) async fn serve(app: Arc<App>, listener: TcpListener, tls: Option<Tls>, stop: CancellationToken) {
    let server = &app.config.server;
    let receive_time_max = Duration::from_millis(server.receive_ms_max);
    let builder = builder(receive_time_max, server.head_bytes_max);
    let places = Arc::new(Semaphore::new(server.connections_max));
    let service = TowerToHyperService::new(router(Arc::clone(&app)));
    let graceful = GracefulShutdown::new();
    while let Some((stream, place)) = next(&listener, &places, &stop).await {
        let (builder, service, watcher) = (builder.clone(), service.clone(), graceful.watcher());
        let tls = tls.clone();
        tokio::spawn(async move {
            // A connection that breaks is the client's affair.
            let _ = match tls {
                None => watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned()).await,
                Some(tls) => match tokio::time::timeout(receive_time_max, tls.accept(stream)).await {
                    Ok(Ok(stream)) => {
                        watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned()).await
                    }
                    _ => Ok(()),
                },
            };
            drop(place);
        });
    }
    drop(listener);
    let grace = Duration::from_millis(server.shutdown_ms_max);
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!(grace_ms = server.shutdown_ms_max, "some requests were not answered in time");
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
