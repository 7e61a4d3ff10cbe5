//! Of every resource.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    (
        "empty-string-filtering",
        "Empty String Filtering",
        "An empty filter value matches an empty attribute",
    ),
    (
        "filter-validation",
        "Filter Validation",
        "An unknown filter is an error",
    ),
    (
        "pagination",
        "Pagination",
        "limit, marker, page_reverse and links",
    ),
    ("project-id", "Project ID", "project_id beside tenant_id"),
    (
        "revision-if-match",
        "If-Match on Revision Number",
        "Conditional updates and deletions",
    ),
    ("sorting", "Sorting", "sort_key and sort_dir"),
    (
        "standard-attr-description",
        "Standard Description",
        "A description of each resource",
    ),
    (
        "standard-attr-revisions",
        "Resource Revision Numbers",
        "revision_number of each resource",
    ),
    (
        "standard-attr-tag",
        "Tag Support",
        "Tags of each resource, and filters by them",
    ),
    (
        "standard-attr-timestamp",
        "Resource Timestamps",
        "created_at, updated_at and changed_since",
    ),
    (
        "tag-creation",
        "Tag Creation",
        "Several tags added by one call",
    ),
];
