//! Both edges of every row, and the many ways in which one address can be written in a URL.

use std::net::IpAddr;

use super::refusal;

fn check(addr: &str, is_refused: bool) {
    let addr: IpAddr = addr.parse().unwrap();
    assert_eq!(refusal(addr, &[]).is_some(), is_refused, "{addr}");
}

#[test]
fn every_row_is_refused_from_its_first_to_its_last_address() {
    #[rustfmt::skip]
    let rows = [
        // first refused, last refused
        ("0.0.0.0", "0.255.255.255"),
        ("10.0.0.0", "10.255.255.255"),
        ("100.64.0.0", "100.127.255.255"),
        ("100.100.100.200", "100.100.100.200"),
        ("127.0.0.0", "127.255.255.255"),
        ("168.63.129.16", "168.63.129.16"),
        ("169.254.0.0", "169.254.255.255"),
        ("169.254.169.254", "169.254.169.254"),
        ("172.16.0.0", "172.31.255.255"),
        ("192.0.0.0", "192.0.0.255"),
        ("192.0.2.0", "192.0.2.255"),
        ("192.88.99.0", "192.88.99.255"),
        ("192.168.0.0", "192.168.255.255"),
        ("198.18.0.0", "198.19.255.255"),
        ("198.51.100.0", "198.51.100.255"),
        ("203.0.113.0", "203.0.113.255"),
        ("224.0.0.0", "239.255.255.255"),
        ("240.0.0.0", "255.255.255.255"),
        ("::", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("::1", "::1"),
        ("::ffff:8.8.8.8", "::ffff:127.0.0.1"),
        ("64:ff9b::", "64:ff9b::ffff:ffff"),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
        ("100::", "100::ffff:ffff:ffff:ffff"),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fd00:ec2::254", "fd00:ec2::254"),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2606:4700::5efe:7f00:1", "2606:4700::200:5efe:7f00:1"),
    ];
    for (first, last) in rows {
        check(first, true);
        check(last, true);
    }
}

#[test]
fn the_public_neighbours_of_every_row_are_reachable() {
    #[rustfmt::skip]
    let public = [
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
        "191.255.255.255", "192.0.1.0", "192.0.1.255", "192.0.3.0", "192.88.98.255", "192.88.100.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
        "203.0.112.255", "203.0.114.0", "223.255.255.255",
        "100:0:0:1::", "2000:ffff::", "2001:200::", "2001:db7:ffff::", "2001:db9::", "2001:4860:4860::8888",
        "2003::", "3ffe:ffff::", "3fff:1000::", "5eff:ffff::", "5f01::", "fbff:ffff::", "2606:4700::400:5efe:7f00:1", "2606:4700::5eff:7f00:1",
    ];
    for addr in public {
        check(addr, false);
    }
}

#[test]
fn an_allowed_network_admits_its_own_addresses_in_their_own_spelling() {
    let allow = ["10.1.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()];
    let refused = |addr: &str| refusal(addr.parse().unwrap(), &allow).is_some();
    assert!(!refused("10.1.2.3"));
    assert!(refused("10.2.0.1"));
    assert!(!refused("::1"));
    assert!(refused("::ffff:10.1.2.3"));
}

#[test]
fn a_metadata_service_is_called_by_its_name() {
    for addr in ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"] {
        assert_eq!(refusal(addr.parse().unwrap(), &[]), Some("a cloud's metadata service"));
    }
}

#[test]
fn every_spelling_of_an_inner_host_is_seen_through() {
    // What the URL parser makes of a host: an address that is refused, a name for the resolver, or nothing.
    fn check(host: &str, expected: &str) {
        let seen = match url::Url::parse(&format!("http://{host}/")) {
            Err(_) => "not a URL".to_owned(),
            Ok(url) => match url.host().unwrap() {
                url::Host::Ipv4(addr) => format!("{addr} {}", refusal(addr.into(), &[]).is_some()),
                url::Host::Ipv6(addr) => format!("{addr} {}", refusal(addr.into(), &[]).is_some()),
                url::Host::Domain(name) => name.to_owned(),
            },
        };
        assert_eq!(seen, expected, "{host}");
    }
    check("2130706433", "127.0.0.1 true");
    check("017700000001", "127.0.0.1 true");
    check("0177.0.0.1", "127.0.0.1 true");
    check("0x7f000001", "127.0.0.1 true");
    check("0x7f.0.0.1", "127.0.0.1 true");
    check("127.1", "127.0.0.1 true");
    check("127.0.1", "127.0.0.1 true");
    check("0", "0.0.0.0 true");
    check("127.0.0.1.", "127.0.0.1 true");
    check("%31%32%37.0.0.1", "127.0.0.1 true");
    check("１２７。０。０。１", "127.0.0.1 true");
    check("①②⑦.0.0.1", "127.0.0.1 true");
    check("256.256.256.256", "not a URL");
    check("127.0.0.0x", "127.0.0.0 true");
    check("[::ffff:127.0.0.1]", "::ffff:127.0.0.1 true");
    check("[::127.0.0.1]", "::7f00:1 true");
    check("[::FFFF:7f00:1]", "::ffff:127.0.0.1 true");
    check("[fe80::1%25eth0]", "not a URL");
    check("ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "localhost");
    check("LOCALHOST", "localhost");
    check("localhost.", "localhost.");
    check("bücher.example", "xn--bcher-kva.example");
}
