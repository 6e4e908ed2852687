//! Asks a component over HTTP whether it is ready. Only the status line matters, so this needs no HTTP client.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A component that takes longer is not well.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// How much of an answer is read for the message.
const ANSWER_BYTES: usize = 2048;

/// The longest message kept.
const MESSAGE_CHARS: usize = 160;

/// Asks once: `Ok` when the answer is 2xx, else what is wrong.
pub async fn ask(address: SocketAddr, path: &str) -> Result<(), String> {
    match timeout(PATIENCE, exchange(address, path)).await {
        Ok(Ok(answer)) => judge(&answer),
        Ok(Err(error)) => Err(format!("{address} does not answer: {error}")),
        Err(_) => Err(format!("{address} does not answer within {} s", PATIENCE.as_secs())),
    }
}

/// Asks until the answer is yes, often at first.
pub async fn until_ready(address: SocketAddr, path: &str) {
    let mut pause = Duration::from_millis(10);
    while ask(address, path).await.is_err() {
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_millis(250));
    }
}

async fn exchange(address: SocketAddr, path: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: monitoring-stack\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES as u64).read_to_end(&mut answer).await?;
    Ok(answer)
}

fn judge(answer: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(answer);
    let status = text
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split_ascii_whitespace().nth(1))
        .and_then(|status| status.parse::<u16>().ok());
    match status {
        Some(200..=299) => Ok(()),
        Some(status) => {
            let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            let body: String = body
                .chars()
                .map(|character| if character.is_control() { ' ' } else { character })
                .take(MESSAGE_CHARS)
                .collect();
            Err(format!("answers {status} {}", body.trim()).trim_end().to_owned())
        }
        None => Err("does not speak HTTP".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn answers_are_judged_by_their_status() {
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\n\r\nready", Ok(())),
            ("HTTP/1.0 204 No Content\r\n\r\n", Ok(())),
            (
                "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 8\r\n\r\nstarting\n",
                Err("answers 503 starting".to_owned()),
            ),
            ("SSH-2.0-OpenSSH", Err("does not speak HTTP".to_owned())),
            ("", Err("does not speak HTTP".to_owned())),
        ] {
            assert_eq!(judge(answer.as_bytes()), expected, "{answer}");
        }
    }

    #[tokio::test]
    async fn a_component_is_asked_until_it_is_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let mut requests = Vec::new();
            for status in ["503 Service Unavailable", "200 OK"] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 512];
                let read = stream.read(&mut request).await.unwrap();
                requests.push(String::from_utf8_lossy(&request[..read]).into_owned());
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            requests
        });
        until_ready(address, "/ready").await;
        let requests = server.await.unwrap();
        assert_eq!(requests.len(), 2);
        assert!(requests[0].starts_with("GET /ready HTTP/1.1\r\n"));
        // Nobody listens any more.
        assert!(ask(address, "/ready").await.unwrap_err().contains("does not answer"));
    }
}
