//! The published vector, and what must fail beside it.

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIMESTAMP_S: i64 = 1_614_265_330;
const BODY: &[u8] = b"{\"test\": 2432232314}";
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn shared(random: [u8; 32]) -> String {
    new_secret(SignatureScheme::V1, random).unwrap().secret
}

/// The published vector of the asymmetric scheme: the same message.
#[test]
fn the_published_vector_of_a_pair_of_keys_is_reproduced() {
    const PRIVATE: &str =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    const PUBLIC: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
    const SIGNATURE: &str =
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
    assert_eq!(sign(PRIVATE, ID, TIMESTAMP_S, BODY).unwrap(), SIGNATURE);
    let seed = STANDARD.decode(&PRIVATE[5..]).unwrap()[..32].try_into().unwrap();
    let made = new_secret(SignatureScheme::V1a, seed).unwrap();
    assert_eq!((made.secret.as_str(), made.public_key.as_deref()), (PRIVATE, Some(PUBLIC)));
}

#[test]
fn the_published_vector_is_reproduced() {
    assert_eq!(sign(SECRET, ID, TIMESTAMP_S, BODY).unwrap(), SIGNATURE);
}

#[test]
fn each_secret_adds_a_signature_and_any_of_them_verifies() {
    let new = shared([7; 32]);
    let headers = headers(&[&new, SECRET], ID, TIMESTAMP_S, BODY).unwrap();
    let [(_, id), (_, timestamp), (_, signatures)] = &headers;
    assert_eq!(headers.each_ref().map(|(name, _)| *name), ["webhook-id", "webhook-timestamp", "webhook-signature"]);
    assert_eq!(signatures.split(' ').nth(1), Some(SIGNATURE));
    for secret in [SECRET, &new] {
        assert_eq!(verify(secret, id, timestamp, signatures, BODY, TIMESTAMP_S), Ok(true));
    }
    assert_eq!(verify(&shared([8; 32]), id, timestamp, signatures, BODY, TIMESTAMP_S), Ok(false));
}

#[test]
fn only_the_whole_truth_verifies() {
    fn check(id: &str, timestamp: &str, signatures: &str, body: &[u8], expected: bool) {
        let seen = verify(SECRET, id, timestamp, signatures, body, TIMESTAMP_S);
        assert_eq!(seen, Ok(expected), "{id} {timestamp} {signatures:?}");
    }
    let timestamp = "1614265330";
    check(ID, timestamp, SIGNATURE, BODY, true);
    check(ID, timestamp, &format!("v1,AAAA {SIGNATURE} v1a,BBBB"), BODY, true);
    check(ID, timestamp, SIGNATURE, b"{\"test\":2432232314}", false);
    check(ID, timestamp, SIGNATURE, b"", false);
    check("msg_other", timestamp, SIGNATURE, BODY, false);
    check(ID, "1614265331", SIGNATURE, BODY, false);
    check(ID, "+1614265330", SIGNATURE, BODY, false);
    check(ID, "01614265330", SIGNATURE, BODY, false);
    check(ID, "soon", SIGNATURE, BODY, false);
    check(ID, "", SIGNATURE, BODY, false);
    check(ID, timestamp, "", BODY, false);
    check(ID, timestamp, "v1,", BODY, false);
    check(ID, timestamp, SIGNATURE.trim_end_matches('='), BODY, false);
    check(ID, timestamp, &SIGNATURE.replace("v1,", "v2,"), BODY, false);
    check(ID, timestamp, &SIGNATURE.replace("v1,", ""), BODY, false);
}

#[test]
fn a_clock_may_be_five_minutes_off_either_way_and_no_more() {
    let verified = |now_s| verify(SECRET, ID, "1614265330", SIGNATURE, BODY, now_s).unwrap();
    for (offset_s, expected) in [(300, true), (301, false), (-300, true), (-301, false), (-TIMESTAMP_S, false)] {
        assert_eq!(verified(TIMESTAMP_S + offset_s), expected, "{offset_s}");
    }
    assert_eq!(verify(SECRET, ID, &i64::MIN.to_string(), SIGNATURE, BODY, i64::MAX), Ok(false));
}

#[test]
fn a_malformed_secret_is_refused() {
    for secret in [
        "",
        "whsec_",
        "whsec_AAAA",
        "whsec_!",
        &SECRET[6..],
        &format!("whsec_{}", "A".repeat(88)),
        "whsk_",
        "whsk_AAAA",
        "whsk_!",
    ] {
        assert_eq!(sign(secret, ID, TIMESTAMP_S, BODY), Err(Error::SecretInvalid), "{secret}");
        assert!(headers(&[SECRET, secret], ID, TIMESTAMP_S, BODY).is_err(), "{secret}");
    }
}
