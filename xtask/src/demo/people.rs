//! The people of the demo organisation: who enrols with which code, and who among them meet.

use crate::process::{Failure, Outcome};
use serde_json::Value;

/// What `esep-operator demo --json` says of its people. All of them are invented.
pub(super) struct People {
    people: Vec<Person>,
    children: Vec<Child>,
    fingerprint_words: Vec<String>,
}

struct Person {
    id: String,
    name: String,
    roles: Vec<String>,
    /// Absent when the person has a device already.
    code: Option<String>,
    link: Option<String>,
}

struct Child {
    name: String,
    care_team: Vec<String>,
    representatives: Vec<String>,
}

/// People who meet: one visits the child, one confirms it, one reviews it.
struct Story<'a> {
    child: &'a Child,
    specialist: &'a Person,
    parent: &'a Person,
    coordinator: &'a Person,
}

impl People {
    pub(super) fn parse(text: &str) -> Outcome<Self> {
        let unfit =
            || Failure::new("the operator described its demo in a way unknown here", "build both anew");
        let whole: Value = serde_json::from_str(text).map_err(|_| unfit())?;
        let list = |name: &str| whole[name].as_array().ok_or_else(unfit);
        let people = list("people")?.iter().map(|person| {
            Some(Person {
                id: text_of(&person["person"])?,
                name: text_of(&person["name"])?,
                roles: texts_of(&person["roles"]),
                code: text_of(&person["code"]),
                link: text_of(&person["link"]),
            })
        });
        let children = list("children")?.iter().map(|child| {
            Some(Child {
                name: text_of(&child["name"])?,
                care_team: texts_of(&child["care_team"]),
                representatives: texts_of(&child["representatives"]),
            })
        });
        Ok(Self {
            people: people.collect::<Option<_>>().ok_or_else(unfit)?,
            children: children.collect::<Option<_>>().ok_or_else(unfit)?,
            fingerprint_words: texts_of(&whole["operator"]["fingerprint_words"]),
        })
    }

    /// Everybody with the code, then three who meet, then what the window of `role` needs first.
    pub(super) fn describe(&self, role: &str) -> String {
        let mut lines =
            vec![String::from("The people of the demo, all invented, with their activation codes:")];
        let width = self.people.iter().map(|person| person.name.chars().count()).max().unwrap_or_default();
        for person in &self.people {
            let (roles, code) = (person.roles.join(", "), person.code.as_deref().unwrap_or("has a device"));
            lines.push(format!("  {:<width$}  {roles:<24}  {code}", person.name));
        }
        if let Some(story) = self.story() {
            lines.push(format!(
                "\n{} visits {}; {} confirms it; {} reviews it.",
                story.specialist.name, story.child.name, story.parent.name, story.coordinator.name
            ));
            let person = match role {
                "parent" => story.parent,
                "coordinator" => story.coordinator,
                _ => story.specialist,
            };
            if let (Some(code), Some(link)) = (&person.code, &person.link) {
                lines.push(format!(
                    "This window is for {}: {code}\n  or, with the operator's address in it: {link}",
                    person.name
                ));
            }
        }
        lines.push(format!(
            "The operator's words, to compare on the screen: {}",
            self.fingerprint_words.join(" ")
        ));
        lines.join("\n")
    }

    fn story(&self) -> Option<Story<'_>> {
        let with = |role: &str| {
            let role = role.to_owned();
            self.people.iter().filter(move |person| person.roles == [role.as_str()])
        };
        let coordinator = with("coordinator").next()?;
        self.children.iter().find_map(|child| {
            let specialist = with("specialist").find(|person| child.care_team.contains(&person.id))?;
            let parent = with("representative").find(|person| child.representatives.contains(&person.id))?;
            Some(Story { child, specialist, parent, coordinator })
        })
    }
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn texts_of(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(text_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO: &str = r#"{
        "operator": { "fingerprint_words": ["moza", "tiva"] },
        "people": [
            { "person": "01", "roles": ["specialist"], "name": "Бірінші", "code": "AAAA", "link": "esep://enrol?1" },
            { "person": "02", "roles": ["specialist"], "name": "Екінші", "code": "BBBB", "link": "esep://enrol?2" },
            { "person": "03", "roles": ["representative"], "name": "Ата-ана", "code": null, "link": null },
            { "person": "04", "roles": ["coordinator"], "name": "Үйлестіруші", "code": "DDDD", "link": "esep://enrol?4" }
        ],
        "children": [
            { "name": "Жалғыз", "care_team": [], "representatives": ["03"] },
            { "name": "Бала", "care_team": ["02"], "representatives": ["03"] }
        ]
    }"#;

    #[test]
    fn the_story_is_told_of_people_who_meet() {
        let told = People::parse(DEMO).unwrap().describe("specialist");
        assert!(told.contains("Екінші visits Бала; Ата-ана confirms it; Үйлестіруші reviews it."), "{told}");
        assert!(told.contains("This window is for Екінші: BBBB"), "{told}");
        assert!(told.contains("moza tiva"));
    }

    #[test]
    fn who_has_a_device_gets_no_code() {
        let told = People::parse(DEMO).unwrap().describe("parent");
        assert!(told.contains("has a device") && !told.contains("This window is for"), "{told}");
    }

    #[test]
    fn another_shape_is_refused() {
        assert!(People::parse("{}").is_err());
        assert!(People::parse(r#"{"people": [{}], "children": []}"#).is_err());
    }
}
