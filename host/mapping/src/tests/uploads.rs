//! What an author hears when a template is uploaded.

use serde_json::{Value, json};

use super::super::check;
use super::super::check::PROBLEMS_MAX;
use super::super::fault::{Fault, Problem};
use super::case_with;

#[test]
fn an_upload_hears_what_its_author_did_not_mean() {
    let rows = [
        (json!({"a": {"$nope": 1}}), "$.a.$nope", Fault::UnknownFormula("$nope".into())),
        (json!([{"a": 1, "$var": "x"}]), "$[0].$var", Fault::MisplacedFormula("$var".into())),
        (json!({"$concat": ["a", {"$jsonata": "1"}]}), "$.$concat[1].$jsonata", Fault::JsonataUnsupported),
        (json!({"a": {"$copy": "b"}}), "$.a.$copy", Fault::EngineFormula("$copy".into())),
        (json!({"$var": "$a"}), "$.$var", Fault::InvalidLocator("`\"$a\"`".into())),
        (json!({"$eval": 1}), "$", Fault::UnknownOperator(None)),
        (json!({"$eval": 1, "equals": 1}), "$", Fault::UnknownOperator(Some("`equals`".into()))),
        (case_with(json!(false)), "$.$case.cases[0].filter", Fault::FalsyFilter),
        (case_with(json!([{"field": "a"}])), "$.$case.cases[0].filter[0]", Fault::UnknownConditionOperator),
        (
            case_with(json!([{"field": "a[", "operator": "is"}])),
            "$.$case.cases[0].filter[0].field",
            Fault::InvalidLocator("`\"a[\"`".into()),
        ),
        (
            json!({"$map": {"mapping": [{"to": {"$x": 1}}]}}),
            "$.$map.mapping[0].to.$x",
            Fault::UnknownFormula("$x".into()),
        ),
    ];
    for (template, path, fault) in rows {
        assert_eq!(check(&template), Err(vec![Problem { path: path.into(), fault }]), "{template}");
    }
}

#[test]
fn an_upload_hears_nothing_about_what_is_right() {
    let templates = [
        json!({"globalWebhookKey": "all", "globalWebhookEventSelector": {"$concat": ["u:", {"$var": "a.b[0]"}]}}),
        json!({"$plain": {"$nope": {"$jsonata": "1"}}}),
        json!({"$tpl": {"template": "{$a}", "values": {"$a": {"$var": "x"}}}}),
        json!({"$eval": {"$var": "x"}, "is": 1}),
        json!({"price": "$5", "$": 1, "$5": 2}),
    ];
    for template in templates {
        assert_eq!(check(&template), Ok(()), "{template}");
    }
}

#[test]
fn an_upload_hears_of_so_many_problems_and_no_more() {
    let problems = check(&Value::from(vec![json!({"$nope": 1}); 1_000])).expect_err("problems");
    assert_eq!(problems.len(), PROBLEMS_MAX);
}
