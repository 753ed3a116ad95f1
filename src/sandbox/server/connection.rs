//! One connection: requests in, replies out, and the ways in which a reply may fail to come.

use std::future::poll_fn;
use std::io;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::sandbox::faults::Delivery;
use crate::sandbox::server::core::Job;
use crate::sandbox::server::wire::{self, ReplyBody};

/// Serves a connection until the client leaves, a fault ends it or the server stops.
pub(super) async fn serve(
    stream: TcpStream,
    jobs: mpsc::UnboundedSender<Job>,
    latency: Duration,
    stop: CancellationToken,
) {
    // Small replies must not wait for company.
    let _nodelay = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        // Boxed, since taking the socket back needs a service whose futures can be moved.
        Box::pin(answer(request, jobs.clone(), latency))
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut stopping = false;
    let outcome = loop {
        tokio::select! {
            outcome = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break outcome,
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let stream = connection.into_parts().io.into_inner();
    if outcome.is_err() {
        // The client shall see a reset, not a polite end.
        let _lingers = stream.set_zero_linger();
    }
}

async fn answer(
    request: hyper::Request<Incoming>,
    jobs: mpsc::UnboundedSender<Job>,
    latency: Duration,
) -> io::Result<hyper::Response<ReplyBody>> {
    let request = wire::read(request).await?;
    let (reply, delivery) = oneshot::channel();
    let lost = || io::Error::from(io::ErrorKind::ConnectionReset);
    jobs.send(Job { request, reply }).map_err(|_| lost())?;
    let delivery = delivery.await.map_err(|_| lost())?;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match delivery {
        Delivery::Reply(response) => Ok(wire::whole(response)),
        Delivery::Late { ms, response } => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(wire::whole(response))
        }
        Delivery::Cut(response) => Ok(wire::cut(response)),
        Delivery::Reset => Err(lost()),
    }
}
