import { Badge, Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReportView } from "../../usage-views.ts";
import { api, read } from "../api.ts";
import { formatBytes } from "../format.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Section } from "../parts/page.tsx";
import { Empty, Failure, Loaded, LoadingRows } from "../parts/states.tsx";

const SHOWN = 8;

/** The daily and monthly files. They are in the lake; a link to one works for some minutes. */
export function ReportsSection() {
  const [all, setAll] = useState(false);
  const query = useQuery({
    queryKey: ["reports"],
    queryFn: async () => (await read(api.reports.$get())).reports,
  });
  return (
    <Section
      title="Reports"
      about="Every day and every month as files, equal to the ledger to the last digit. A day’s is there some hours after it."
      flush
    >
      <Loaded query={query} loading={<LoadingRows rows={4} label="The reports are loading" />}>
        {(reports) =>
          reports.length === 0 ? (
            <Empty title="No report yet">The first one comes after the first day with usage.</Empty>
          ) : (
            <>
              <DataTable
                label="Reports"
                columns={COLUMNS}
                rows={all ? reports : reports.slice(0, SHOWN)}
                rowKey={(report) => report.report_id}
              />
              {!all && reports.length > SHOWN && (
                <Button variant="subtle" fullWidth radius={0} onClick={() => setAll(true)}>
                  Show all {reports.length}
                </Button>
              )}
            </>
          )
        }
      </Loaded>
    </Section>
  );
}

const COLUMNS: readonly Column<ReportView>[] = [
  { title: "Of", leads: true, cell: (report) => <b>{report.period}</b> },
  {
    title: "What",
    cell: (report) => <Badge color={report.kind === "usage" ? "ink" : "green"}>{nameOf(report)}</Badge>,
  },
  { title: "Size", isFigure: true, cell: (report) => formatBytes(report.size_bytes) },
  { title: "File", cell: (report) => <Download report={report} /> },
];

function nameOf({ unit, kind }: ReportView): string {
  return `${unit === "day" ? "daily" : "monthly"} ${kind}`;
}

function Download({ report }: { report: ReportView }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => read(api.reports[":reportId"].link.$post({ param: { reportId: report.report_id } })),
    onSuccess: ({ url }) => follow(url),
  });
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => mutate()}
        loading={isPending}
        leftSection={<IconDownload size={14} aria-hidden />}
        aria-label={`Download the ${nameOf(report)} of ${report.period} as ${report.format}`}
      >
        {report.format.toUpperCase()}
      </Button>
      {error && <Failure error={error} />}
    </>
  );
}

/** In a tab of its own, should the browser rather show the file than keep it. */
function follow(url: string): void {
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.target = "_blank";
  anchor.rel = "noreferrer";
  anchor.click();
}
