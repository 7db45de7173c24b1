import { lazy, type ReactNode, Suspense } from "react";
import { Redirect, Route, Router, Switch, useLocation } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import { BalancePage } from "./balance/balance-page.tsx";
import { KeysPage } from "./keys/keys-page.tsx";
import { ModelsPage } from "./models/models-page.tsx";
import { Crash } from "./parts/crash.tsx";
import { Failure, LoadingBlock } from "./parts/states.tsx";
import { PeoplePage } from "./people/people-page.tsx";
import { RequestPage } from "./requests/request-page.tsx";
import { RequestsPage } from "./requests/requests-page.tsx";
import { SessionProvider, useSession, useSessionState } from "./session.tsx";
import { Blank } from "./shell/blank.tsx";
import { NotFoundPage } from "./shell/not-found-page.tsx";
import { Shell } from "./shell/shell.tsx";
import { SignInPage } from "./shell/sign-in-page.tsx";
import { StartPage } from "./start/start-page.tsx";

// The charts and the operator's pages are loaded when they are first gone to.
const UsagePage = lazy(() =>
  import("./usage/usage-page.tsx").then((module) => ({ default: module.UsagePage })),
);
const OperatorPages = lazy(() =>
  import("./operator/operator-pages.tsx").then((module) => ({ default: module.OperatorPages })),
);

export function App() {
  const query = useSessionState();
  if (query.isError) {
    return (
      <Blank>
        <Failure error={query.error} retry={() => void query.refetch()} />
      </Blank>
    );
  }
  // Nothing at all for a moment is calmer than a frame that may turn out to be the wrong one.
  if (!query.data) return null;
  if (query.data.state !== "in") return <SignInPage isExpired={query.data.state === "expired"} />;
  return (
    <SessionProvider session={query.data.session}>
      <Router hook={useHashLocation}>
        <Shell>
          <CrashHere>
            <Suspense fallback={<LoadingBlock height={640} label="The page is loading" />}>
              <Pages />
            </Suspense>
          </CrashHere>
        </Shell>
      </Router>
    </SessionProvider>
  );
}

/** A page that has crashed is left by going to another one. */
function CrashHere({ children }: { children: ReactNode }) {
  const [here] = useLocation();
  return <Crash key={here}>{children}</Crash>;
}

function Pages() {
  const { is_operator } = useSession();
  return (
    <Switch>
      <Route path="/" component={StartPage} />
      <Route path="/keys" component={KeysPage} />
      <Route path="/balance" component={BalancePage} />
      <Route path="/usage" component={UsagePage} />
      <Route path="/requests" component={RequestsPage} />
      <Route path="/requests/:requestId">{({ requestId }) => <RequestPage requestId={requestId} />}</Route>
      <Route path="/models" component={ModelsPage} />
      <Route path="/people" component={PeoplePage} />
      <Route path="/start">
        <Redirect to="/" replace />
      </Route>
      {is_operator && <Route path="/operator/*?" component={OperatorPages} />}
      <Route component={NotFoundPage} />
    </Switch>
  );
}
