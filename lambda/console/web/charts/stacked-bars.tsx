import { useMantineColorScheme } from "@mantine/core";
import { useColorScheme } from "@mantine/hooks";
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartData,
  type ChartOptions,
  LinearScale,
  Tooltip,
} from "chart.js";
import { useMemo } from "react";
import { Bar } from "react-chartjs-2";
import { GREY, PALETTE } from "./palette.ts";
import type { Series } from "./series.ts";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

interface StackedBarsProps {
  /** What the chart shows, in a sentence; the figures are in the table beside it. */
  readonly label: string;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  readonly formatAxis: (height: number) => string;
}

const HEIGHT = 260;

export function StackedBars({ label, labels, series, formatAxis }: StackedBarsProps) {
  const isDark = useIsDark();
  const colored = series.map((one, index) => ({
    ...one,
    color: one.isRest
      ? GREY[isDark ? "dark" : "light"]
      : (PALETTE[isDark ? "dark" : "light"][index] ?? "#888"),
  }));
  const data: ChartData<"bar"> = {
    labels: [...labels],
    datasets: colored.map(({ name, heights, color }) => ({
      label: name,
      data: [...heights],
      backgroundColor: color,
      borderRadius: 2,
      maxBarThickness: 44,
      categoryPercentage: 0.82,
      barPercentage: 1,
    })),
  };
  const options = useMemo(() => chartOptions(isDark, formatAxis), [isDark, formatAxis]);
  const tooltip = {
    ...options.plugins?.tooltip,
    callbacks: {
      label: ({ datasetIndex, dataIndex }: { datasetIndex: number; dataIndex: number }) =>
        ` ${series[datasetIndex]?.name}: ${series[datasetIndex]?.texts[dataIndex]}`,
    },
    filter: ({ parsed }: { parsed: { y: number | null } }) => parsed.y !== 0,
  };
  return (
    <div>
      <div style={{ height: HEIGHT }} className="chart">
        <Bar
          role="img"
          aria-label={label}
          data={data}
          options={{ ...options, plugins: { ...options.plugins, tooltip } }}
        />
      </div>
      <ul className="legend" aria-label="Legend">
        {colored.map(({ name, color }) => (
          <li key={name}>
            <span style={{ background: color }} aria-hidden />
            {name}
          </li>
        ))}
      </ul>
    </div>
  );
}

function useIsDark(): boolean {
  const { colorScheme } = useMantineColorScheme();
  const ofSystem = useColorScheme(undefined, { getInitialValueInEffect: false });
  return (colorScheme === "auto" ? ofSystem : colorScheme) === "dark";
}

function chartOptions(isDark: boolean, formatAxis: (height: number) => string): ChartOptions<"bar"> {
  const text = isDark ? "#a3adb9" : "#56616f";
  const font = { family: "system-ui, sans-serif", size: 12 };
  return {
    maintainAspectRatio: false,
    // Bars that grow would be movement for nothing.
    animation: false,
    interaction: { mode: "index", intersect: false },
    scales: {
      x: {
        stacked: true,
        grid: { display: false },
        border: { display: false },
        ticks: { color: text, font, maxRotation: 0, autoSkipPadding: 14 },
      },
      y: {
        stacked: true,
        beginAtZero: true,
        border: { display: false },
        grid: { color: isDark ? "#2f353c" : "#e6e9ee" },
        ticks: { color: text, font, maxTicksLimit: 5, callback: (value) => formatAxis(Number(value)) },
      },
    },
    plugins: {
      tooltip: {
        padding: 10,
        boxPadding: 4,
        usePointStyle: true,
        itemSort: (a, b) => b.datasetIndex - a.datasetIndex,
      },
    },
  };
}
