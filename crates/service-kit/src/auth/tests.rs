use serde_json::json;

use super::*;

fn authenticator() -> Authenticator {
    Authenticator::new(&Secret::new("a secret that only tests know"))
}

fn claims(lifetime_secs: i64) -> Claims {
    let now = now_ms() / 1000;
    Claims {
        sub: "7".to_owned(),
        email: "ana@shop.example".to_owned(),
        role: Role::User,
        iat: now,
        exp: now + lifetime_secs,
        jti: "token".to_owned(),
        sid: "session".to_owned(),
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0u32, |number, byte| (number << 8) | u32::from(*byte));
        let number = number << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            text.push(DIGITS[((number >> (18 - 6 * digit)) & 63) as usize] as char);
        }
    }
    text
}

#[test]
fn a_good_token_names_its_caller() {
    let token = authenticator().sign(&claims(60)).unwrap();
    let caller = authenticator().check(&token).unwrap();
    assert_eq!(caller.user_id, Some(7));
    assert!(caller.may_act_for(7) && !caller.may_act_for(8) && !caller.is_admin());
    assert!(!format!("{caller:?}").contains(&token), "tokens stay out of debug output");

    let token = authenticator().service_token("order-service").unwrap();
    let service = authenticator().check(&token).unwrap();
    assert_eq!(service.user_id, None);
    assert!(service.may_act_for(8) && service.must_be_admin().is_err());
}

#[test]
fn tokens_that_were_tampered_with_are_refused() {
    let good = authenticator().sign(&claims(60)).unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let other_key = Authenticator::new(&Secret::new("a secret of somebody else"));
    let mut admin = serde_json::to_value(claims(60)).unwrap();
    admin["role"] = json!("admin");
    let admin = base64(admin.to_string().as_bytes());
    let none = base64(br#"{"alg":"none","typ":"JWT"}"#);
    let hs512 = jsonwebtoken::encode(
        &Header::new(Algorithm::HS512),
        &claims(60),
        &EncodingKey::from_secret(b"a secret that only tests know"),
    )
    .unwrap();
    let mut bad_subject = claims(60);
    bad_subject.sub = "-1".to_owned();
    for (what, token) in [
        ("alg none without a signature", format!("{none}.{}.", parts[1])),
        ("alg none with the signature", format!("{none}.{}.{}", parts[1], parts[2])),
        ("another payload", format!("{}.{admin}.{}", parts[0], parts[2])),
        ("another key", other_key.sign(&claims(60)).unwrap()),
        ("another algorithm", hs512),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("a subject that is no id", authenticator().sign(&bad_subject).unwrap()),
        ("nothing", String::new()),
        ("noise", "ä.b.c".to_owned()),
    ] {
        let error = authenticator().check(&token).map(drop).unwrap_err();
        assert_eq!(error, TokenError::Invalid, "{what}");
    }
    let old = authenticator().sign(&claims(-1)).unwrap();
    assert_eq!(authenticator().check(&old).map(drop).unwrap_err(), TokenError::Expired);
}
