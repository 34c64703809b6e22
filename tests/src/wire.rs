//! A line to the server that can be listened to and cut, as a network can.

use std::{
    mem,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::{JoinHandle, JoinSet},
};

/// What was asked for, from `/` on.
type Heard = Arc<Mutex<Vec<String>>>;

/// Forwards connections until it is cut.
pub struct Wire {
    at: SocketAddr,
    heard: Heard,
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
        let heard = Heard::default();
        let all = Arc::clone(&heard);
        let accepting = tokio::spawn(async move {
            // The connections end with this task, which owns them.
            let mut connections = JoinSet::new();
            while let Ok((browser, _)) = listener.accept().await {
                connections.spawn(forward(browser, server.clone(), Arc::clone(&all)));
            }
        });
        Ok(Self { at, heard, accepting })
    }

    /// What was asked for so far, in order: paths, from `/` on.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

async fn forward(browser: TcpStream, server: String, heard: Heard) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_browser, mut to_browser) = browser.into_split();
    let (mut from_server, to_server) = server.into_split();
    // Either side may hang up at any time; that is no error here.
    let mut ways = JoinSet::new();
    ways.spawn(async move { drop(listen(from_browser, to_server, heard).await) });
    ways.spawn(async move {
        drop(copy(&mut from_server, &mut to_browser).await);
        drop(to_browser.shutdown().await);
    });
    while ways.join_next().await.is_some() {}
}

/// Hands on what a browser says, and keeps what it asks for.
async fn listen(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, heard: Heard) -> Result<()> {
    let (mut chunk, mut said) = (vec![0; 1 << 14], Vec::new());
    loop {
        let length = from.read(&mut chunk).await?;
        if length == 0 {
            return Ok(to.shutdown().await?);
        }
        said.extend_from_slice(&chunk[..length]);
        heard.lock().unwrap_or_else(PoisonError::into_inner).extend(requests(&mut said));
        to.write_all(&chunk[..length]).await?;
    }
}

/// Takes whole requests out of what was said, and gives their paths. A page only gets: no request has a body.
fn requests(said: &mut Vec<u8>) -> Vec<String> {
    const END: &[u8] = b"\r\n\r\n";
    let mut all = Vec::new();
    while let Some(end) = said.windows(END.len()).position(|bytes| bytes == END) {
        let rest = said.split_off(end + END.len());
        let head = mem::replace(said, rest);
        all.extend(path_of(&String::from_utf8_lossy(&head)));
    }
    all
}

fn path_of(head: &str) -> Option<String> {
    head.split(' ').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::requests;

    #[test]
    fn requests_are_heard_whole_however_they_are_cut() {
        let text =
            "GET /a HTTP/1.1\r\nHost: b\r\n\r\nGET /c?d HTTP/1.1\r\nreferer: e\r\n\r\nGET /f";
        let (mut said, mut heard) = (Vec::new(), Vec::new());
        for byte in text.bytes() {
            said.push(byte);
            heard.extend(requests(&mut said));
        }
        assert_eq!(heard, ["/a", "/c?d"]);
        assert_eq!(said, b"GET /f");
    }
}
