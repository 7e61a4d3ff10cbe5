//! The configuration files of Nova and Placement.

use super::super::keystone::{PASSWORD, SERVICE_USER};
use std::path::{Path, PathBuf};

/// What the files say.
pub(super) struct Config<'a> {
    /// Where the files go.
    pub(super) folder: &'a Path,
    /// Keystone's URL.
    pub(super) keystone: &'a str,
    /// The URL of the images' stand-in.
    pub(super) images: &'a str,
    /// The broker's URL.
    pub(super) broker: &'a str,
    /// The description of Nova's API as its package brings it.
    pub(super) paste: &'a Path,
}

impl Config<'_> {
    /// Writes `placement.conf`.
    pub(super) fn placement(&self, database: &str) -> anyhow::Result<PathBuf> {
        let text = format!(
            "[placement_database]\nconnection = {database}\n\
             [api]\nauth_strategy = keystone\n\
             {}",
            self.user("keystone_authtoken")
        );
        self.write("placement.conf", &text)
    }

    /// Writes `nova.conf`, for all of its services. Their logs say every event that comes.
    pub(super) fn nova(&self, api: &str, cell: &str) -> anyhow::Result<PathBuf> {
        let state = self.folder.join("nova");
        std::fs::create_dir_all(&state)?;
        let state = state.display();
        let (broker, images) = (self.broker, self.images);
        let mut text = format!(
            "[DEFAULT]\ndebug = true\nhost = host-1\nmy_ip = 127.0.0.1\nstate_path = {state}\n\
             transport_url = {broker}\n\
             compute_driver = plugging.PluggingDriver\n\
             vif_plugging_is_fatal = true\nvif_plugging_timeout = 60\n\
             [oslo_concurrency]\nlock_path = {state}\n\
             [api_database]\nconnection = {api}\n\
             [database]\nconnection = {cell}\n\
             [glance]\nendpoint_override = {images}\n\
             [conductor]\nworkers = 1\n\
             [scheduler]\nworkers = 1\ndiscover_hosts_in_cells_interval = 1\n\
             [vnc]\nenabled = false\n"
        );
        for section in ["keystone_authtoken", "placement", "neutron", "service_user"] {
            text.push_str(&self.user(section));
        }
        text.push_str("send_service_user_token = true\n");
        self.write("nova.conf", &text)
    }

    /// As whom a service speaks to another.
    fn user(&self, section: &str) -> String {
        let keystone = self.keystone;
        // A service has a region only where it calls others.
        let region = if matches!(section, "placement" | "neutron") {
            "region_name = RegionOne\n"
        } else {
            ""
        };
        format!(
            "[{section}]\nauth_type = password\nauth_url = {keystone}\n\
             username = {SERVICE_USER}\npassword = {PASSWORD}\nproject_name = service\n\
             user_domain_name = Default\nproject_domain_name = Default\n{region}"
        )
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    }
}
