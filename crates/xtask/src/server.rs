//! A static file server for the built page: the right types, and nothing stale.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use anyhow::{Context, Result, anyhow, ensure};
use tiny_http::{Header, Method, Request, Response, StatusCode};

/// Where looking for a free port begins.
const FIRST_PORT: u16 = 8080;
const PORTS_TRIED: u16 = 100;
/// Requests answered at a time; a browser asks for six.
const THREADS: usize = 6;

/// A server on 127.0.0.1 that runs until dropped.
pub struct Server {
    http: Arc<tiny_http::Server>,
    at: SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Serves `folder` on `port` (0: any), or on 8080 or the next free one.
    ///
    /// # Errors
    /// When no such port is free, or the folder holds no index.html.
    pub fn start(folder: &Path, port: Option<u16>) -> Result<Self> {
        ensure!(folder.join("index.html").is_file(), "{} holds no index.html", folder.display());
        let listen = |port: u16| tiny_http::Server::http((Ipv4Addr::LOCALHOST, port));
        let http = match port {
            Some(port) => {
                listen(port).map_err(|error| anyhow!("port {port} cannot be had: {error}"))?
            }
            None => (FIRST_PORT..FIRST_PORT + PORTS_TRIED)
                .find_map(|port| listen(port).ok())
                .with_context(|| {
                    format!("no port from {FIRST_PORT} on is free: choose one with --port")
                })?,
        };
        let at = http.server_addr().to_ip().context("the server has no address")?;
        let http = Arc::new(http);
        let threads = (0..THREADS)
            .map(|_| {
                let (http, folder) = (Arc::clone(&http), folder.to_owned());
                thread::spawn(move || answer_all(&http, &folder))
            })
            .collect();
        Ok(Self { http, at, threads })
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
        self.threads.iter().for_each(|_| self.http.unblock());
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                eprintln!("a thread of the server panicked");
            }
        }
    }
}

fn answer_all(http: &tiny_http::Server, folder: &Path) {
    while let Ok(request) = http.recv() {
        let what = request.url().to_owned();
        if let Err(error) = answer(request, folder) {
            // Browsers drop connections when a page is left: worth a word, not an end.
            eprintln!("{what}: {error}");
        }
    }
}

fn answer(request: Request, folder: &Path) -> Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return Ok(request.respond(Response::empty(StatusCode(405)))?);
    }
    let Some(path) = file_of(request.url(), folder) else {
        return Ok(request.respond(Response::from_string("not found").with_status_code(404))?);
    };
    let response = Response::from_file(File::open(&path)?)
        // A length, not pieces: the page shows how far a download has come.
        .with_chunked_threshold(usize::MAX)
        .with_header(header("Content-Type", content_type(&path))?)
        .with_header(header("Cache-Control", cache_control(&path))?);
    Ok(request.respond(response)?)
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

fn header(name: &str, value: &str) -> Result<Header> {
    Header::from_bytes(name, value).map_err(|()| anyhow!("{name}: {value} is not a header"))
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
}
