//! Every route that needs a token, as the server has it: paths from its source, methods as it answers them.

use super::{Answer, Api, repository};

/// Method and path, with parameters in braces.
pub(crate) async fn routes(api: &Api) -> Vec<(String, String)> {
    let mut routes = Vec::new();
    for path in paths() {
        let any = path.replace(['{', '}'], "");
        let probe = api.request("PROBE".parse().unwrap(), &any).send().await.unwrap();
        let answer = Answer::read(probe).await;
        assert_eq!(answer.status, 405, "PROBE {any}: {}", answer.text());
        let methods = answer.header("allow").split(',').map(str::trim).filter(|method| *method != "HEAD");
        routes.extend(methods.map(|method| (method.to_owned(), path.clone())));
    }
    assert!(routes.len() > 30, "the source is not read right any more: {routes:?}");
    routes
}

fn paths() -> Vec<String> {
    let source = std::fs::read_to_string(repository().join("host/server/src/http.rs")).unwrap();
    let source = source.replace(['\n', ' '], "");
    let (_, v1) = source.split_once("letv1=").unwrap();
    let (v1, _) = v1.split_once(".fallback").unwrap();
    let v1 = v1.split(".route(\"").skip(1).map(|route| format!("/v1{}", route.split('"').next().unwrap()));
    v1.chain(["/metrics".to_owned()]).collect()
}
