import { Redirect, Route, Switch } from "wouter";
import { NotFoundPage } from "../shell/not-found-page.tsx";
import { AccountPage } from "./account-page.tsx";
import { AccountsPage } from "./accounts-page.tsx";
import { AuditPage } from "./audit-page.tsx";
import { HealthPage } from "./health-page.tsx";
import { RevenuePage } from "./revenue-page.tsx";
import { SuspensePage } from "./suspense-page.tsx";

/** What only operators see, and only they load. */
export function OperatorPages() {
  return (
    <Switch>
      <Route path="/operator/accounts" component={AccountsPage} />
      <Route path="/operator/accounts/:accountId">
        {({ accountId }) => <AccountPage key={accountId} accountId={accountId} />}
      </Route>
      <Route path="/operator/revenue" component={RevenuePage} />
      <Route path="/operator/health" component={HealthPage} />
      <Route path="/operator/suspense" component={SuspensePage} />
      <Route path="/operator/audit" component={AuditPage} />
      <Route path="/operator">
        <Redirect to="/operator/accounts" replace />
      </Route>
      <Route component={NotFoundPage} />
    </Switch>
  );
}
