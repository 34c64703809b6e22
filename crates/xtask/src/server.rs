//! A static file server for the built page: the right types, and nothing stale.

use std::{
    convert::Infallible,
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use anyhow::{Context, Result, anyhow, ensure};
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net, runtime, sync::oneshot};

/// Where looking for a free port begins.
const FIRST_PORT: u16 = 8080;
const PORTS_TRIED: u16 = 100;

/// A server on 127.0.0.1 that runs until dropped.
pub struct Server {
    at: SocketAddr,
    /// Ends it when it is dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `folder` on `port` (0: any), or on 8080 or the next free one.
    ///
    /// # Errors
    /// When no such port is free, or the folder holds no index.html.
    pub fn start(folder: &Path, port: Option<u16>) -> Result<Self> {
        ensure!(folder.join("index.html").is_file(), "{} holds no index.html", folder.display());
        let listen = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = match port {
            Some(port) => {
                listen(port).map_err(|error| anyhow!("port {port} cannot be had: {error}"))?
            }
            None => (FIRST_PORT..FIRST_PORT + PORTS_TRIED)
                .find_map(|port| listen(port).ok())
                .with_context(|| {
                    format!("no port from {FIRST_PORT} on is free: choose one with --port")
                })?,
        };
        let at = listener.local_addr().context("the server has no address")?;
        listener.set_nonblocking(true)?;
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let listener = {
            let _inside = runtime.enter();
            net::TcpListener::from_std(listener)?
        };
        runtime.spawn(accept_all(listener, folder.into()));
        let (stop, stopped) = oneshot::channel();
        // That nobody says so, but the sender is gone, is an end too.
        let thread = thread::spawn(move || drop(runtime.block_on(stopped)));
        Ok(Self { at, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Asks it for its page, as a browser would.
    ///
    /// # Errors
    /// When the answer is not the page.
    pub fn check(&self) -> Result<()> {
        let mut stream = TcpStream::connect(self.at).context("the server does not answer")?;
        write!(stream, "GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.at)?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).context("the server does not answer")?;
        ensure!(
            &answer == b"HTTP/1.1 200",
            "the server answers {:?}",
            String::from_utf8_lossy(&answer)
        );
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            eprintln!("the server panicked");
        }
    }
}

async fn accept_all(listener: net::TcpListener, folder: Arc<Path>) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => TokioIo::new(stream),
            Err(error) => {
                eprintln!("a connection did not come about: {error}");
                continue;
            }
        };
        let folder = Arc::clone(&folder);
        let service = service_fn(move |request| {
            let answer = answer(&request, &folder);
            async { Ok::<_, Infallible>(answer) }
        });
        tokio::spawn(async move {
            let mut http = http1::Builder::new();
            if let Err(error) =
                http.title_case_headers(true).serve_connection(stream, service).await
            {
                // Browsers drop connections when a page is left: worth a word, not an end.
                eprintln!("a connection ended: {error}");
            }
        });
    }
}

fn answer(request: &Request<Incoming>, folder: &Path) -> Response<Full<Bytes>> {
    let refusal = |status: StatusCode, why: &'static str| {
        let mut response = Response::new(Full::from(why));
        *response.status_mut() = status;
        response
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return refusal(StatusCode::METHOD_NOT_ALLOWED, "");
    }
    let Some(path) = file_of(request.uri().path(), folder) else {
        return refusal(StatusCode::NOT_FOUND, "not found");
    };
    match fs::read(&path) {
        Ok(bytes) => {
            // Its length is told: the page shows how far a download has come.
            let mut response = Response::new(Full::from(bytes));
            let headers = response.headers_mut();
            let kind = header::HeaderValue::from_static(content_type(&path));
            headers.insert(header::CONTENT_TYPE, kind);
            let keep = header::HeaderValue::from_static(cache_control(&path));
            headers.insert(header::CACHE_CONTROL, keep);
            response
        }
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "it cannot be read")
        }
    }
}

/// The file that a URL names, if the folder has it. Nothing outside the folder is ever named.
fn file_of(url: &str, folder: &Path) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.trim_start_matches('/');
    if path.split(['/', '\\']).any(|part| part == ".." || part.contains(':')) {
        return None;
    }
    let file = folder.join(path);
    let file = if file.is_dir() { file.join("index.html") } else { file };
    file.is_file().then_some(file)
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("gz") => "application/gzip",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Files in a folder named by what it holds never change; all others may with the next build.
fn cache_control(file: &Path) -> &'static str {
    if is_hashed(file) { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// Whether the file lies in a folder named `app-` and 16 hexadecimal digits.
fn is_hashed(file: &Path) -> bool {
    let folder = file.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let hash = folder.and_then(|name| name.strip_prefix("app-"));
    hash.is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{Read as _, Write as _},
        time::Duration,
    };

    use super::{Path, Server, TcpStream, content_type, is_hashed};

    #[test]
    fn it_serves_the_folder_and_nothing_outside() {
        let folder = std::env::temp_dir().join(format!("adversaria-server-{}", std::process::id()));
        fs::create_dir_all(folder.join("sub")).unwrap();
        fs::write(folder.join("index.html"), "<p>page").unwrap();
        fs::write(folder.join("sub/a.wasm"), [0, 97]).unwrap();
        fs::write(folder.join("large.gz"), vec![0; 200_000]).unwrap();
        let server = Server::start(&folder, Some(0)).unwrap();
        server.check().unwrap();
        assert!(get(&server, "/").contains("text/html") && get(&server, "/").ends_with("<p>page"));
        assert!(get(&server, "/sub/a.wasm?x=1").contains("application/wasm"));
        assert!(
            get(&server, "/large.gz").contains("Content-Length: 200000"),
            "a progress bar needs the length"
        );
        for missing in ["/nothing", "/../Cargo.toml", "/sub/../../x", "/sub"] {
            assert!(get(&server, missing).starts_with("HTTP/1.1 404"), "{missing}");
        }
        drop(server);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn hashed_names_are_told_from_others() {
        assert!(is_hashed(Path::new("dist/app-86a2e15b1d3c6cd3/adversaria_bg.wasm")));
        for plain in ["worker.js", "app-86a2e15b1d3c6cd3.js", "data/mnist-train-a.bin.gz"] {
            assert!(!is_hashed(Path::new(plain)), "{plain}");
        }
    }

    #[test]
    fn wasm_has_its_own_type() {
        assert_eq!(content_type(Path::new("a.wasm")), "application/wasm");
    }

    fn get(server: &Server, path: &str) -> String {
        let mut stream = TcpStream::connect(server.at).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.at)
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A browser opens its connections together and keeps them open.
    #[test]
    fn connections_that_come_together_are_all_answered() {
        let folder = std::env::temp_dir().join(format!("adversaria-burst-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.html"), "here").unwrap();
        let server = Server::start(&folder, Some(0)).unwrap();
        for turn in 0..20 {
            let open = |_| TcpStream::connect(server.at).unwrap();
            let mut streams: Vec<TcpStream> = (0..12).map(open).collect();
            for stream in &mut streams {
                write!(stream, "GET / HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
            }
            for (number, stream) in streams.iter_mut().enumerate() {
                stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                let mut answer = [0; 12];
                let read = stream.read_exact(&mut answer);
                assert!(read.is_ok(), "turn {turn}, connection {number}: {read:?}");
                assert_eq!(&answer, b"HTTP/1.1 200");
            }
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
