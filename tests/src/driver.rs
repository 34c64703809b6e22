//! Chromedriver as a child process, and the two of its commands that WebDriver's standard lacks.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

use anyhow::{Context, Result, bail};
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::Url;

/// A running chromedriver; it ends when dropped.
pub struct Driver {
    child: Child,
    address: String,
}

impl Driver {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(program: &std::path::Path) -> Result<Self> {
        let mut child = Command::new(program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} could not be started", program.display()))?;
        let mut lines =
            BufReader::new(child.stdout.take().context("chromedriver has no output")?).lines();
        let port = loop {
            let Some(line) = lines.next() else {
                bail!("chromedriver ended without naming its port")
            };
            if let Some(port) = port_in(&line?) {
                break port;
            }
        };
        // Read on, or the driver would stop when the pipe is full.
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Self { child, address: format!("http://127.0.0.1:{port}") })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("chromedriver could not be ended: {error}");
        }
    }
}

/// The port in "ChromeDriver was started successfully on port 39513."
fn port_in(line: &str) -> Option<u16> {
    line.strip_suffix('.').unwrap_or(line).split("successfully on port ").nth(1)?.parse().ok()
}

/// A command of chromedriver's own.
#[derive(Debug)]
pub struct Own {
    path: &'static str,
    body: Value,
}

impl Own {
    /// The entries of a log since it was last asked for.
    #[must_use]
    pub fn log(kind: &str) -> Self {
        Self { path: "se/log", body: json!({ "type": kind }) }
    }

    /// A command of the Chrome DevTools protocol.
    #[must_use]
    pub fn devtools(command: &str, parameters: &Value) -> Self {
        Self { path: "goog/cdp/execute", body: json!({ "cmd": command, "params": parameters }) }
    }
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::port_in;

    #[test]
    fn the_port_is_read() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 39513."), Some(39513));
        assert_eq!(port_in("Starting ChromeDriver 148.0 on port 0"), None);
    }
}
