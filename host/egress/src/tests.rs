//! The client against real sockets on the loopback interface.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

mod faults;
mod rebinding;

/// Answers each connection with the same bytes, then acts as told; passes on what it was sent.
struct Server {
    port: u16,
    seen: tokio::sync::mpsc::UnboundedReceiver<String>,
}

#[derive(Clone, Copy)]
enum Then {
    Close,
    Stall,
    Flood,
}

impl Server {
    async fn start(answer: &'static str, then: Then) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, seen) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    let _ = sender.send(read_request(&mut stream).await);
                    let _ = stream.write_all(answer.as_bytes()).await;
                    match then {
                        Then::Close => {}
                        Then::Stall => std::future::pending().await,
                        Then::Flood => {
                            while stream.write_all(b"400\r\n").await.is_ok()
                                && stream.write_all(&[b'x'; 0x400]).await.is_ok()
                                && stream.write_all(b"\r\n").await.is_ok()
                            {}
                        }
                    }
                });
            }
        });
        Server { port, seen }
    }
}

/// Reads until head and body, as long as the head says, are complete.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.unwrap_or(0);
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        if body.len() >= length.parse().unwrap() || count == 0 {
            return text;
        }
    }
}

fn egress(allow: &[&str]) -> Egress {
    let allow = allow.iter().map(|net| net.parse().unwrap()).collect();
    Egress::new(Policy { allow, ports: vec!["443".parse().unwrap()], connect_timeout_ms: 1_000 }).unwrap()
}

fn request(url: &str) -> Request {
    Request {
        method: http::Method::POST,
        url: url.parse().unwrap(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: Some(Bytes::from_static(b"{}")),
        timeout_ms: 2_000,
        response_bytes_max: 1_000,
        when_too_large: TooLarge::Fail,
    }
}

fn local(server: &Server) -> Request {
    request(&format!("http://127.0.0.1:{}/hook?a=1", server.port))
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-one: 1\r\nx-one: 2\r\nset-cookie: a=b\r\n\r\nhello";

#[tokio::test]
async fn an_allowed_network_is_reached_and_the_whole_response_comes_back() {
    let mut server = Server::start(OK, Then::Close).await;
    let egress = egress(&["127.0.0.0/8"]);
    let response = egress.send(local(&server)).await.unwrap();
    assert_eq!((response.status, &response.body[..]), (200, &b"hello"[..]));
    let ones: Vec<_> = response.headers.iter().filter(|(name, _)| name == "x-one").map(|(_, value)| value).collect();
    assert_eq!(ones, ["1", "2"]);

    egress.send(local(&server)).await.unwrap();
    for _ in 0..2 {
        let seen = server.seen.recv().await.unwrap();
        assert!(seen.starts_with("POST /hook?a=1 HTTP/1.1\r\n"), "{seen}");
        assert!(seen.contains(concat!("user-agent: patchbay/", env!("CARGO_PKG_VERSION"))), "{seen}");
        assert!(!seen.contains("cookie") && !seen.contains("accept-encoding") && !seen.contains("referer"), "{seen}");
        assert!(seen.ends_with("\r\n\r\n{}"), "{seen}");
    }
}

#[tokio::test]
async fn a_caller_may_bring_its_own_user_agent() {
    let mut server = Server::start(OK, Then::Close).await;
    let mut request = local(&server);
    request.headers.push(("User-Agent".into(), "mine/1".into()));
    egress(&["127.0.0.0/8"]).send(request).await.unwrap();
    let seen = server.seen.recv().await.unwrap();
    assert!(seen.contains("user-agent: mine/1\r\n") && !seen.contains("patchbay"), "{seen}");
}

#[tokio::test]
async fn an_inner_address_is_denied_however_it_is_written_and_nothing_connects() {
    let mut server = Server::start(OK, Then::Close).await;
    let egress = egress(&[]);
    for host in ["127.0.0.1", "2130706433", "127.1", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST"] {
        let url = format!("http://{host}:{}/", server.port);
        let result = egress.send(request(&url)).await;
        assert!(matches!(result, Err(Error::Denied(_))), "{host}: {result:?}");
    }
    assert!(server.seen.try_recv().is_err());
}

#[tokio::test]
async fn ports_outside_the_policy_are_reached_in_allowed_networks_alone() {
    let mut server = Server::start(OK, Then::Close).await;
    let egress = egress(&["127.0.0.0/8", "::1/128"]);
    egress.send(local(&server)).await.unwrap();
    egress.send(request(&format!("http://localhost:{}/", server.port))).await.unwrap();
    for _ in 0..2 {
        server.seen.recv().await.unwrap();
    }
    for url in ["http://8.8.8.8/", "http://8.8.8.8:8443/", "https://[2001:4860:4860::8888]:25/"] {
        let Err(Error::Denied(why)) = egress.send(request(url)).await else { panic!("{url} is tried") };
        assert!(why.contains("--egress-ports"), "{why}");
    }
}

#[tokio::test]
async fn a_name_is_reached_only_if_all_its_addresses_are_allowed() {
    let mut server = Server::start(OK, Then::Close).await;
    let url = format!("http://localhost:{}/", server.port);
    egress(&["127.0.0.0/8", "::1/128"]).send(request(&url)).await.unwrap();
    server.seen.recv().await.unwrap();
    let result = egress(&["192.168.0.0/16"]).send(request(&url)).await;
    assert!(matches!(result, Err(Error::Denied(_))), "{result:?}");
}

#[tokio::test]
async fn a_server_that_stalls_before_or_amid_its_answer_times_out() {
    for answer in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"] {
        let server = Server::start(answer, Then::Stall).await;
        let request = Request { timeout_ms: 200, ..local(&server) };
        let result = egress(&["127.0.0.0/8"]).send(request).await;
        assert!(matches!(result, Err(Error::TimedOut)), "{answer:?}: {result:?}");
    }
}

#[tokio::test]
async fn an_endless_body_is_cut_or_fails_at_the_limit() {
    let server = Server::start("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", Then::Flood).await;
    let egress = egress(&["127.0.0.0/8"]);
    assert!(matches!(egress.send(local(&server)).await, Err(Error::TooLarge)));
    let request = Request { when_too_large: TooLarge::Cut, ..local(&server) };
    assert_eq!(egress.send(request).await.unwrap().body.len(), 1_000);
}

#[tokio::test]
async fn a_body_at_the_limit_passes() {
    let server = Server::start(OK, Then::Close).await;
    let request = Request { response_bytes_max: 5, ..local(&server) };
    assert_eq!(egress(&["127.0.0.0/8"]).send(request).await.unwrap().body, "hello");
    let request = Request { response_bytes_max: 4, ..local(&server) };
    assert!(matches!(egress(&["127.0.0.0/8"]).send(request).await, Err(Error::TooLarge)));
}

#[tokio::test]
async fn a_redirect_is_handed_back_and_not_followed() {
    let moved = "HTTP/1.1 307 Moved\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
    let mut server = Server::start(moved, Then::Close).await;
    let response = egress(&["127.0.0.0/8"]).send(local(&server)).await.unwrap();
    assert_eq!(response.status, 307);
    assert!(response.headers.contains(&("location".into(), "/elsewhere".into())));
    server.seen.recv().await.unwrap();
    assert!(server.seen.try_recv().is_err());
}

#[tokio::test]
async fn a_connection_that_breaks_or_never_opens_is_unreachable_and_the_url_is_not_told() {
    let egress = egress(&["127.0.0.0/8"]);
    let broken = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello", Then::Close).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for request in [local(&broken), request(&format!("http://{closed}/?token=secret"))] {
        let Err(Error::Unreachable(why)) = egress.send(request).await else { panic!("it was reached") };
        assert!(!why.contains("secret"), "{why}");
    }
}

#[tokio::test]
async fn what_cannot_or_may_not_be_sent_is_refused_before_a_connection_opens() {
    async fn check(url: &str, header: (&str, &str), expected: &str) {
        let request = Request { headers: vec![(header.0.into(), header.1.into())], ..request(url) };
        let seen = match egress(&["127.0.0.0/8"]).send(request).await {
            Err(Error::Denied(_)) => "denied",
            Err(Error::Invalid(_)) => "invalid",
            other => panic!("{other:?}"),
        };
        assert_eq!(seen, expected, "{url} {header:?}");
    }
    let fine = ("a", "b");
    let url = "http://127.0.0.1:9/";
    check(url, ("x", "a\r\nevil: 1"), "invalid").await;
    check(url, ("x", "a\nb"), "invalid").await;
    check(url, ("x", "a\0b"), "invalid").await;
    check(url, ("x\r\ny", "a"), "invalid").await;
    check(url, ("x y", "a"), "invalid").await;
    check(url, ("", "a"), "invalid").await;
    check(url, ("Host", "inner"), "denied").await;
    check(url, ("Content-Length", "1"), "denied").await;
    check(url, ("transfer-encoding", "chunked"), "denied").await;
    check("ftp://127.0.0.1/", fine, "denied").await;
    check("file:///etc/passwd", fine, "denied").await;
    check("http://user:pw@127.0.0.1/", fine, "invalid").await;
    check("http://user@127.0.0.1/", fine, "invalid").await;
}
