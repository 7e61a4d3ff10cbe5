//! A switch that refuses flows: its table takes no more than it has.

use alcor_lab::Lab;

/// From now on the table of a host's bridge takes no further flow.
pub(crate) async fn full(lab: &Lab, host: u16, table: u8) -> anyhow::Result<()> {
    let listed = format!("table={table}");
    let flows = lab
        .ofctl(host, ["dump-flows", "br-int", &listed], "")
        .await?;
    let held = flows
        .lines()
        .filter(|line| line.contains("cookie="))
        .count();
    let limit = format!(
        "-- --id=@full create Flow_Table flow_limit={held} overflow_policy=refuse \
         -- set Bridge br-int flow_tables:{table}=@full"
    );
    lab.vsctl(host, limit.split_whitespace()).await?;
    Ok(())
}

/// It takes them again.
pub(crate) async fn free(lab: &Lab, host: u16) -> anyhow::Result<()> {
    lab.vsctl(host, ["clear", "Bridge", "br-int", "flow_tables"])
        .await?;
    Ok(())
}
