//! The account behind a socket.
//!
//! One OS thread does everything: a single-threaded runtime reads requests, one task owns the
//! state and the file, and connections are tasks beside it. So nothing is locked and nothing is
//! handed between threads, and requests that arrive together share a transaction. A reply leaves
//! only after the COMMIT of what it tells: the double is durable for what it has answered.

mod connection;
mod core;
mod wire;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use thiserror::Error;
use tokio::runtime::Builder;
use tokio::task::{JoinSet, LocalSet};
use tokio_util::sync::CancellationToken;

use self::core::Core;
use crate::sandbox::faults::{Faults, FaultsError};
use crate::sandbox::state::{Settings, State};
use crate::sandbox::store::{Store, StoreError};

/// How long a stop waits for connections to finish what they are at.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// How the double is served.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; a loopback address. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// The file that keeps the account; without one it lives in memory.
    pub data: Option<PathBuf>,
    /// The delay of every reply, in milliseconds.
    pub latency_ms: u64,
    /// What kind of account it is.
    pub settings: Settings,
    /// What goes wrong.
    pub faults: Faults,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: None,
            latency_ms: 0,
            settings: Settings::default(),
            faults: Faults::default(),
        }
    }
}

/// Why the double cannot be served.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// The address could be reached from elsewhere.
    #[error("the sandbox has no locks on its doors: {0} is refused, use a loopback address")]
    NotLoopback(SocketAddr),
    /// The address is taken, or not ours.
    #[error(
        "cannot listen on {address} ({source}); choose another address with --listen, or let port 0 find a free one"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The thread or its runtime cannot be made.
    #[error("cannot start the sandbox's thread")]
    Thread(#[source] io::Error),
    /// The faults make no sense.
    #[error(transparent)]
    Faults(#[from] FaultsError),
    /// The file cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A running double. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// Binds, opens the file and serves on a thread of its own.
pub fn start(config: Config) -> Result<Server, SandboxError> {
    let Config {
        listen,
        data,
        latency_ms,
        settings,
        faults,
    } = config;
    if !listen.ip().is_loopback() {
        return Err(SandboxError::NotLoopback(listen));
    }
    let core = core_of(data.as_deref(), settings, faults)?;
    let refused = |source| SandboxError::Listen {
        address: listen,
        source,
    };
    let listener = TcpListener::bind(listen).map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(SandboxError::Thread)?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    let latency = Duration::from_millis(latency_ms);
    let serve = move || {
        LocalSet::new().block_on(&runtime, serve(listener, core, latency, token));
    };
    let thread = std::thread::Builder::new()
        .name("sandbox".to_owned())
        .spawn(serve)
        .map_err(SandboxError::Thread)?;
    Ok(Server {
        address,
        stop,
        thread: Some(thread),
    })
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it: what is being answered is answered, then the file is closed.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic over there was reported over there.
            let _outcome = thread.join();
        }
    }
}

fn core_of(data: Option<&Path>, settings: Settings, faults: Faults) -> Result<Core, SandboxError> {
    let faults = faults.checked()?;
    let mut state = State::new(settings);
    let Some(path) = data else {
        return Ok(Core::new(state, None, faults, 0));
    };
    let store = Store::open(path)?;
    store.load(&mut state)?;
    state.record_changes();
    let clock_offset_ms = store.clock_offset_ms()?;
    Ok(Core::new(state, Some(store), faults, clock_offset_ms))
}

async fn serve(listener: TcpListener, core: Core, latency: Duration, stop: CancellationToken) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "the sandbox cannot listen"),
    };
    let (jobs, inbox) = tokio::sync::mpsc::unbounded_channel();
    let owner = tokio::task::spawn_local(core::run(core, inbox, stop.clone()));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let serve = connection::serve(stream, jobs.clone(), latency, stop.clone());
                    connections.spawn_local(serve);
                }
                // Out of descriptors, or a client that left early: others may do better.
                Err(error) => {
                    tracing::warn!(%error, "the sandbox could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }
    drop((listener, jobs));
    let finish = async { while connections.join_next().await.is_some() {} };
    let _in_time = tokio::time::timeout(STOP_PATIENCE, finish).await;
    connections.shutdown().await;
    let _ended = owner.await;
}
