//! An engine that runs in node: one process answers all questions.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    answer::{Answer, Request},
    compare::{Answers, Engine},
};

pub struct Node {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Node {
    /// Starts `engine.mjs` with the engine of this name. Says what is missing, if something is.
    pub fn start(name: &str) -> Result<Self, &'static str> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        if !folder.join("node_modules/.package-lock.json").exists() {
            return Err("run `npm ci --ignore-scripts` in tests/engines");
        }
        let mut process = Command::new("node")
            .args(["--no-deprecation", "engine.mjs", name])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|_| "install node")?;
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        Ok(Self {
            process,
            input,
            output,
        })
    }
}

impl Engine for Node {
    fn ask(&mut self, files: &[(String, &[Request])]) -> Vec<Answers> {
        files
            .iter()
            .map(|(file, requests)| self.ask_one(file, requests))
            .collect()
    }
}

impl Node {
    fn ask_one(&mut self, file: &str, requests: &[Request]) -> Answers {
        let asked: Vec<_> = requests.iter().map(Request::to_json).collect();
        let input = self.input.as_mut().expect("it is open until the end");
        writeln!(input, "{}", json!({ "file": file, "requests": asked })).expect("node reads");
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .expect("node answers in UTF-8");
        let answers: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
        if let Some(error) = answers["error"].as_str() {
            return Err(error.to_owned());
        }
        let answers = answers.as_array().expect("a list");
        assert_eq!(answers.len(), requests.len());
        let answers = answers.iter().zip(requests);
        Ok(answers
            .map(|(answer, request)| Answer::from_json(answer, request))
            .collect())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It ends with its input.
        self.input = None;
        let _ = self.process.wait();
    }
}
