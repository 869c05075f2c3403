//! The command line.

const USAGE: &str = "--port PORT --cores 0,1 [--runtime current_thread|multi_thread]";

#[derive(Clone, Copy)]
pub enum Mode {
    CurrentThread,
    MultiThread,
}

pub struct Options {
    pub port: u16,
    pub cores: Vec<usize>, // a runtime for each
    pub mode: Mode,
}

impl Options {
    /// What is wrong comes back as a text for people.
    pub fn from_arguments(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options { port: 8080, cores: vec![0], mode: Mode::CurrentThread };
        while let Some(name) = words.next() {
            let value = words.next().unwrap_or_default();
            let known = match name.as_str() {
                "--port" => value.parse().map(|port| options.port = port).is_ok(),
                "--cores" => core_list(&value).map(|cores| options.cores = cores).is_some(),
                "--runtime" => mode_named(&value).map(|mode| options.mode = mode).is_some(),
                _ => false,
            };
            if !known {
                return Err(format!("{name} {value}: not understood; use {USAGE}"));
            }
        }
        Ok(options)
    }
}

fn core_list(text: &str) -> Option<Vec<usize>> {
    text.split(',').map(|core| core.parse().ok()).collect()
}

fn mode_named(text: &str) -> Option<Mode> {
    match text {
        "current_thread" => Some(Mode::CurrentThread),
        "multi_thread" => Some(Mode::MultiThread),
        _ => None,
    }
}
