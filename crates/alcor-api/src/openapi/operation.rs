//! Operations: a method of a path, what it takes, and what it answers.

use super::schema;
use crate::attribute::Verb;
use crate::resource::Resource;
use serde_json::{Map, Value, json};

/// The statuses with which any operation may refuse, and when.
const REFUSALS: [(&str, &str); 11] = [
    ("400", "The request is malformed or breaks a rule."),
    ("401", "The token is missing or not valid."),
    ("403", "The policy does not allow it."),
    ("404", "It does not exist, or not for the caller."),
    ("405", "The path does not have this method."),
    (
        "409",
        "It is in use, or conflicts with something that exists.",
    ),
    (
        "412",
        "If-Match names another revision than the present one.",
    ),
    ("413", "The body is larger than the server reads."),
    ("415", "The body is of another type than the server reads."),
    ("503", "The server cannot serve this now: try again."),
    ("504", "The server could not finish this in time."),
];

/// What a route says of itself.
pub(crate) struct About {
    summary: String,
    request: Option<Value>,
    status: u16,
    answer: Option<Value>,
    parameters: Vec<Value>,
    /// The envelope of what it makes, which is then found below its path by id.
    makes: Option<&'static str>,
}

impl About {
    /// A route that answers 200 with a JSON object of any shape.
    pub(crate) fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            request: None,
            status: 200,
            answer: Some(json!({ "type": "object" })),
            parameters: Vec::new(),
            makes: None,
        }
    }

    /// It takes a JSON body of this schema.
    pub(crate) fn takes(mut self, schema: Value) -> Self {
        self.request = Some(schema);
        self
    }

    /// It answers with this status and a body of this schema.
    pub(crate) fn gives(mut self, status: u16, schema: Value) -> Self {
        (self.status, self.answer) = (status, Some(schema));
        self
    }

    /// It answers with this status and no body.
    pub(crate) fn empty(mut self, status: u16) -> Self {
        (self.status, self.answer) = (status, None);
        self
    }

    /// It makes something with this envelope, found below its path by id.
    fn makes(mut self, envelope: &'static str) -> Self {
        self.makes = Some(envelope);
        self
    }

    /// It makes several at once, or what it makes has not all the calls that links lead to.
    pub(crate) fn unlinked(mut self) -> Self {
        self.makes = None;
        self
    }

    /// It has a query parameter that may be given several times.
    pub(crate) fn asks(mut self, name: &str, what: &str) -> Self {
        self.parameters.push(repeated(name, what));
        self
    }

    /// It has these query parameters.
    fn with(mut self, parameters: Vec<Value>) -> Self {
        self.parameters = parameters;
        self
    }
}

/// One operation of the document.
pub(crate) struct Operation {
    /// In lower case.
    pub(crate) method: &'static str,
    /// With its parameters in braces.
    pub(crate) path: String,
    about: About,
}

impl Operation {
    /// What this method of this path does.
    pub(crate) fn new(method: &'static str, path: &str, about: About) -> Self {
        let path = path.to_owned();
        Self {
            method,
            path,
            about,
        }
    }

    /// The operation object.
    pub(super) fn describe(&self) -> Value {
        let mut parameters: Vec<Value> = self.path_parameters().collect();
        parameters.extend(self.about.parameters.iter().cloned());
        let mut operation = json!({
            "operationId": operation_id(self.method, &self.path),
            "summary": self.about.summary,
            "parameters": parameters,
            "responses": self.responses(),
        });
        if let Some(schema) = &self.about.request {
            operation["requestBody"] = json!({ "required": true, "content": content(schema) });
        }
        operation
    }

    fn path_parameters(&self) -> impl Iterator<Item = Value> {
        let names = self.path.split('{').skip(1);
        names
            .filter_map(|rest| rest.split('}').next())
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
    }

    /// Where the thing that was made is found, for clients and tests that walk the API.
    fn links(&self, envelope: &str) -> Value {
        let path = format!("{}/{{id}}", self.path);
        let id = format!("$response.body#/{envelope}/id");
        let mut parameters = json!({ "id": id });
        if self.path.contains("{parent}") {
            parameters["parent"] = json!("$request.path.parent");
        }
        ["get", "put", "delete"]
            .into_iter()
            .map(|method| {
                let operation = operation_id(method, &path);
                let link = json!({ "operationId": operation, "parameters": parameters });
                (method.to_owned(), link)
            })
            .collect::<Map<_, _>>()
            .into()
    }

    fn responses(&self) -> Map<String, Value> {
        let refusal = |(status, when): (&str, &str)| {
            let body = content(&reference("Error"));
            let refusal = json!({ "description": when, "content": body });
            (status.to_owned(), refusal)
        };
        let mut responses: Map<_, _> = REFUSALS.into_iter().map(refusal).collect();
        let mut success = json!({ "description": "Done." });
        if let Some(schema) = &self.about.answer {
            success["content"] = content(schema);
        }
        if let Some(envelope) = self.about.makes {
            success["links"] = self.links(envelope);
        }
        responses.insert(self.about.status.to_string(), success);
        responses
    }
}

/// A name that no other operation has: `get_v2_0_networks_id`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let words = words.chain(path.ends_with('/').then_some("root"));
    words.fold(method.to_owned(), |name, word| name + "_" + word)
}

fn content(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// How the document speaks of a kind of resource.
pub(crate) struct Described<R: Resource>(std::marker::PhantomData<R>);

/// How the document speaks of `R`.
pub(crate) fn of_resource<R: Resource>() -> Described<R> {
    Described(std::marker::PhantomData)
}

#[expect(
    clippy::unused_self,
    reason = "the value names the resource once for all its descriptions"
)]
impl<R: Resource> Described<R> {
    /// The schemas that its operations refer to.
    pub(crate) fn schemas(&self) -> [(String, Value); 3] {
        [
            (name::<R>(""), schema::view::<R>()),
            (name::<R>("_create"), schema::request::<R>(Verb::Create)),
            (name::<R>("_update"), schema::request::<R>(Verb::Update)),
        ]
    }

    /// List.
    pub(crate) fn list(&self) -> About {
        let items = json!({ "type": "array", "items": reference(&name::<R>("")) });
        let links = json!({ "type": "array", "items": { "type": "object" } });
        let body = json!({
            "type": "object",
            "properties": { R::PLURAL: items, format!("{}_links", R::PLURAL): links },
            "required": [R::PLURAL],
        });
        About::new(format!("Lists {}.", R::PLURAL))
            .gives(200, body)
            .with(parameters::<R>())
    }

    /// Show.
    pub(crate) fn show(&self) -> About {
        let fields = repeated("fields", "Only these attributes.");
        About::new(format!("Shows one of {}.", R::PLURAL))
            .gives(200, envelope::<R>(""))
            .with(vec![fields])
    }

    /// Create one or many.
    pub(crate) fn create(&self) -> About {
        About::new(format!("Makes one of {}, or several or none.", R::PLURAL))
            .takes(json!({ "oneOf": [envelope::<R>("_create"), several::<R>("_create")] }))
            .gives(
                201,
                json!({ "oneOf": [envelope::<R>(""), several::<R>("")] }),
            )
            .makes(R::SINGULAR)
    }

    /// Update.
    pub(crate) fn update(&self) -> About {
        About::new(format!("Changes one of {}.", R::PLURAL))
            .takes(envelope::<R>("_update"))
            .gives(200, envelope::<R>(""))
    }

    /// Delete.
    pub(crate) fn delete(&self) -> About {
        About::new(format!("Removes one of {}.", R::PLURAL)).empty(204)
    }

    /// One resource in its envelope.
    pub(crate) fn one(&self) -> Value {
        envelope::<R>("")
    }

    /// Several in theirs.
    pub(crate) fn many(&self) -> Value {
        several::<R>("")
    }
}

fn name<R: Resource>(suffix: &str) -> String {
    format!("{}{suffix}", R::SINGULAR)
}

fn envelope<R: Resource>(suffix: &str) -> Value {
    json!({
        "type": "object",
        "properties": { R::SINGULAR: reference(&name::<R>(suffix)) },
        "required": [R::SINGULAR],
    })
}

fn several<R: Resource>(suffix: &str) -> Value {
    let items = reference(&name::<R>(suffix));
    json!({
        "type": "object",
        "properties": { R::PLURAL: { "type": "array", "items": items } },
        "required": [R::PLURAL],
    })
}

/// The query parameters of a list.
fn parameters<R: Resource>() -> Vec<Value> {
    let mut parameters = vec![
        repeated("fields", "Only these attributes."),
        single("limit", "No more items than this.", "integer"),
        single("marker", "The id of the item before the first.", "string"),
        single("page_reverse", "The items before the marker.", "boolean"),
        repeated("sort_key", "An attribute to sort by."),
        repeated("sort_dir", "asc or desc, one for each sort_key."),
    ];
    let filters = R::attributes().iter().filter(|one| one.is_filter());
    parameters.extend(filters.map(|one| repeated(one.name, "Only items with one of these.")));
    if R::HAS_FIXED_IPS {
        let what = "subnet_id=..., ip_address=... or ip_address_substr=...";
        parameters.push(repeated("fixed_ips", what));
    }
    if R::HAS_STANDARD {
        let tags = ["tags", "tags-any", "not-tags", "not-tags-any"];
        parameters.extend(tags.map(|name| repeated(name, "Tags, with commas between them.")));
        let what = "Only items written at or after this time.";
        parameters.push(single("changed_since", what, "string"));
    }
    parameters
}

fn single(name: &str, what: &str, kind: &str) -> Value {
    json!({ "name": name, "in": "query", "description": what, "schema": { "type": kind } })
}

fn repeated(name: &str, what: &str) -> Value {
    let schema = json!({ "type": "array", "items": { "type": "string" } });
    json!({ "name": name, "in": "query", "description": what, "explode": true, "schema": schema })
}
