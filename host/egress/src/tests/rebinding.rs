//! Names that change their mind: what is connected to is what was checked, and each connection checks anew.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use reqwest::dns::{Addrs, Name, Resolving};

use super::*;
use crate::Ports;

/// Answers look-ups with one list after the other, the last again and again; counts them.
#[derive(Clone)]
struct Names {
    answers: Arc<Mutex<VecDeque<Vec<&'static str>>>>,
    asked: Arc<Mutex<usize>>,
}

impl Names {
    fn new(answers: &[&[&'static str]]) -> Names {
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        Names { answers: Arc::new(Mutex::new(answers)), asked: Arc::default() }
    }
}

impl Resolve for Names {
    fn resolve(&self, _: Name) -> Resolving {
        *self.asked.lock().unwrap() += 1;
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        let addrs: Vec<SocketAddr> =
            answer.unwrap().into_iter().map(|addr| SocketAddr::new(addr.parse::<IpAddr>().unwrap(), 0)).collect();
        Box::pin(async move { Ok(Box::new(addrs.into_iter()) as Addrs) })
    }
}

fn egress_with(names: &Names, allow: &str) -> Egress {
    let ports = vec!["1-65535".parse().unwrap()];
    policy_with(names, allow, ports)
}

fn policy_with(names: &Names, allow: &str, ports: Vec<Ports>) -> Egress {
    let policy = Policy { allow: vec![allow.parse().unwrap()], ports, connect_timeout_ms: 2_000 };
    Egress::with_names(policy, names.clone()).unwrap()
}

/// Closes after its answer, so that each request needs a connection of its own.
const CLOSES: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_name_that_turns_to_an_inner_address_is_denied_from_then_on() {
    let mut server = Server::start(CLOSES, Then::Close).await;
    let names = Names::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let egress = egress_with(&names, "127.0.0.1/32");
    let url = format!("http://rebinds.example.test:{}/", server.port);
    assert_eq!(egress.send(request(&url)).await.unwrap().status, 200);
    // One look-up for the check and the connection: there is no second one to lie to.
    assert_eq!(*names.asked.lock().unwrap(), 1);
    server.seen.recv().await.unwrap();
    for _ in 0..3 {
        let result = egress.send(request(&url)).await;
        assert!(matches!(result, Err(Error::Denied(_))), "{result:?}");
    }
    assert!(server.seen.try_recv().is_err());
}

#[tokio::test]
async fn a_name_of_a_public_address_is_not_reached_at_a_port_outside_the_policy() {
    let names = Names::new(&[&["8.8.8.8"]]);
    let egress = policy_with(&names, "127.0.0.1/32", vec!["443".parse().unwrap()]);
    for url in ["http://public.example.test/", "https://public.example.test:25/"] {
        let Err(Error::Denied(why)) = egress.send(request(url)).await else { panic!("{url} is tried") };
        assert!(why.contains("--egress-ports"), "{why}");
    }
    let mixed = Names::new(&[&["127.0.0.1", "8.8.8.8"]]);
    let egress = policy_with(&mixed, "127.0.0.1/32", vec!["443".parse().unwrap()]);
    let result = egress.send(request("http://two.example.test:9/")).await;
    assert!(matches!(result, Err(Error::Denied(_))), "{result:?}");
}

#[tokio::test]
async fn one_inner_address_among_others_denies_the_name() {
    for inner in
        ["10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fd00:ec2::254"]
    {
        let names = Names::new(&[&["127.0.0.1", inner]]);
        let result = egress_with(&names, "127.0.0.1/32").send(request("http://two.example.test:9/")).await;
        assert!(matches!(result, Err(Error::Denied(_))), "{inner}: {result:?}");
    }
}

#[tokio::test]
async fn a_name_of_an_inner_address_is_denied_however_it_is_spelled() {
    let names = Names::new(&[&["127.0.0.2"]]);
    let egress = egress_with(&names, "10.0.0.0/8");
    for host in [
        "inner.example.test",
        "inner.example.test.",
        "INNER.example.test",
        "ｉnner.example.test",
        "inner%2eexample.test",
    ] {
        let result = egress.send(request(&format!("https://{host}/"))).await;
        assert!(matches!(result, Err(Error::Denied(_))), "{host}: {result:?}");
    }
}
