//! A line to the server that can be cut, as a network is.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Forwards connections until it is cut.
pub struct Wire {
    at: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Wire {
    /// A wire to the server at `address` (`http://host:port`).
    ///
    /// # Errors
    /// When no port is free.
    pub async fn to(address: &str) -> Result<Self> {
        let server = address.strip_prefix("http://").context("the address is not http")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let at = listener.local_addr()?;
        let accepting = tokio::spawn(async move {
            // The connections end with this task, which owns them.
            let mut connections = JoinSet::new();
            while let Ok((browser, _)) = listener.accept().await {
                connections.spawn(forward(browser, server.clone()));
            }
        });
        Ok(Self { at, accepting })
    }

    /// Where it begins.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}", self.at)
    }

    /// No byte goes through any more, and no connection is taken.
    pub async fn cut(&mut self) {
        self.accepting.abort();
        // An aborted task ends with an error by design; what matters is that it has ended.
        let ended = (&mut self.accepting).await;
        debug_assert!(ended.is_err());
    }
}

async fn forward(mut browser: TcpStream, server: String) {
    if let Ok(mut server) = TcpStream::connect(server).await {
        // Either side may hang up at any time; that is no error here.
        drop(copy_bidirectional(&mut browser, &mut server).await);
    }
}
