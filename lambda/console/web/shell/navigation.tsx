import { NavLink, Text } from "@mantine/core";
import {
  IconActivityHeartbeat,
  IconBuildingBank,
  IconChartBar,
  IconCoin,
  IconHelpHexagon,
  IconHistory,
  IconHome,
  IconKey,
  IconListDetails,
  IconSparkles,
  IconUsers,
  IconWallet,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import { Link, useLocation } from "wouter";
import { useSession } from "../session.tsx";

interface Place {
  readonly path: string;
  readonly label: string;
  readonly icon: ComponentType<{ size: number; stroke: number; "aria-hidden": boolean }>;
}

const PLACES: readonly Place[] = [
  { path: "/", label: "Start", icon: IconHome },
  { path: "/keys", label: "Keys", icon: IconKey },
  { path: "/balance", label: "Balance", icon: IconWallet },
  { path: "/usage", label: "Usage", icon: IconChartBar },
  { path: "/requests", label: "Requests", icon: IconListDetails },
  { path: "/models", label: "Models", icon: IconSparkles },
  { path: "/people", label: "People", icon: IconUsers },
];

const OPERATOR_PLACES: readonly Place[] = [
  { path: "/operator/accounts", label: "Accounts", icon: IconBuildingBank },
  { path: "/operator/revenue", label: "Revenue", icon: IconCoin },
  { path: "/operator/health", label: "Health", icon: IconActivityHeartbeat },
  { path: "/operator/suspense", label: "Suspense", icon: IconHelpHexagon },
  { path: "/operator/audit", label: "Audit log", icon: IconHistory },
];

/** @param onGo closes the menu on a phone. */
export function Navigation({ onGo }: { onGo: () => void }) {
  const { is_operator } = useSession();
  return (
    <>
      <nav aria-label="Your account">
        {PLACES.map((place) => (
          <PlaceLink key={place.path} place={place} onGo={onGo} />
        ))}
      </nav>
      {is_operator && (
        <nav aria-labelledby="operator-places">
          <Text id="operator-places" size="xs" fw={600} c="dimmed" mt="lg" mb={4} px="sm">
            Operator
          </Text>
          {OPERATOR_PLACES.map((place) => (
            <PlaceLink key={place.path} place={place} onGo={onGo} />
          ))}
        </nav>
      )}
    </>
  );
}

function PlaceLink({ place: { path, label, icon: Icon }, onGo }: { place: Place; onGo: () => void }) {
  const [here] = useLocation();
  const isHere = path === "/" ? here === "/" : here === path || here.startsWith(`${path}/`);
  return (
    <NavLink
      component={Link}
      href={path}
      label={label}
      active={isHere}
      aria-current={isHere ? "page" : undefined}
      leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
      onClick={onGo}
      className="place"
    />
  );
}
