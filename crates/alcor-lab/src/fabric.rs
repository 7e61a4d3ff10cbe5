//! The underlay: one namespace with a Linux bridge, and a cable to each host.

use crate::LabError;
use crate::command::Tool;
use crate::layout::Layout;

/// Makes the namespaces of the fabric and of all hosts, and the cables between them. Three
/// processes in all, however many hosts there are.
pub(crate) async fn up(layout: &Layout, hosts: u16, mtu: u16) -> Result<(), LabError> {
    let fabric = layout.fabric_namespace();
    let mut namespaces = vec![format!("netns add {fabric}")];
    namespaces.extend((1..=hosts).map(|host| format!("netns add {}", layout.host_namespace(host))));
    Tool::ip_batch(None, &namespaces).run().await?;
    let cables = wiring(layout, hosts, mtu);
    Tool::ip_batch(Some(&fabric), &cables).run().await?;
    Ok(())
}

fn wiring(layout: &Layout, hosts: u16, mtu: u16) -> Vec<String> {
    let mut lines = vec![
        "link set lo up".to_owned(),
        // Forwarding from the first moment, and no snooping: the fabric is a plain wire.
        format!("link add fabric mtu {mtu} type bridge forward_delay 0 mcast_snooping 0"),
        "link set fabric up".to_owned(),
    ];
    for host in 1..=hosts {
        let namespace = layout.host_namespace(host);
        lines.push(format!(
            "link add h{host} mtu {mtu} type veth peer name eth0 mtu {mtu} netns {namespace}"
        ));
        lines.push(format!("link set h{host} master fabric up"));
    }
    lines
}
