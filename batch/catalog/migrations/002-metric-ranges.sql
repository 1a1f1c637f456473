-- A compacted file holds the metrics from one name to another, both included, in order of UTF-16. NULL: any metric.
ALTER TABLE tier_files ADD COLUMN metric_from text, ADD COLUMN metric_to text;
