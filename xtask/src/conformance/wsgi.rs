//! OpenStack's services as gunicorn serves them.

use super::process::Process;
use super::python::Python;
use std::ffi::OsStr;
use std::path::Path;

/// What is served, and how.
pub(super) struct Server<'a> {
    /// The name of the process and of its log.
    pub(super) name: &'static str,
    /// The module and its variable.
    pub(super) application: &'a str,
    /// Lines of gunicorn's settings.
    pub(super) settings: &'a str,
    /// How the service finds its configuration.
    pub(super) environment: &'a [(&'a str, &'a OsStr)],
}

/// Serves it on this port of the loopback. The services read the words of the command line as
/// their own, so gunicorn's settings are in a file that it finds by itself.
pub(super) fn serve(
    python: &Python,
    folder: &Path,
    port: u16,
    server: &Server<'_>,
) -> anyhow::Result<Process> {
    let home = folder.join(format!("{}-wsgi", server.name));
    std::fs::create_dir_all(&home)?;
    let settings = format!(
        "bind = \"127.0.0.1:{port}\"\n\
         control_socket_disable = True\n\
         wsgi_app = \"{}\"\n\
         {}",
        server.application, server.settings
    );
    std::fs::write(home.join("gunicorn.conf.py"), settings)?;
    let mut gunicorn = python.program("gunicorn");
    gunicorn.current_dir(&home);
    for (name, value) in server.environment {
        gunicorn.env(name, value);
    }
    Process::start(server.name, &mut gunicorn)
}
