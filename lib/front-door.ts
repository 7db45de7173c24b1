import { DomainName, EndpointType, type RestApi, SecurityPolicy } from "aws-cdk-lib/aws-apigateway";
import { Certificate, CertificateValidation, type ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import { AaaaRecord, ARecord, HostedZone, RecordTarget } from "aws-cdk-lib/aws-route53";
import { ApiGatewayDomain } from "aws-cdk-lib/aws-route53-targets";
import { CfnWebACL, CfnWebACLAssociation } from "aws-cdk-lib/aws-wafv2";
import { Construct } from "constructs";
import type { DeploymentSettings } from "./deployment-schema.ts";

export interface FrontDoorProps {
  readonly api: RestApi;
  readonly deployment: DeploymentSettings;
}

/** What an operator may put before the API: a host name of their own, and a firewall. Neither is there by default. */
export class FrontDoor extends Construct {
  /** Where a CNAME of the operator's own DNS must point; absent where the records are made here, or there is no name. */
  readonly cnameTarget: string | undefined;

  constructor(scope: Construct, id: string, { api, deployment }: FrontDoorProps) {
    super(scope, id);
    const { customDomain, waf } = deployment;
    if (customDomain) this.cnameTarget = this.#addDomain(api, customDomain);
    if (waf) this.#addFirewall(api, waf);
  }

  #addDomain(api: RestApi, custom: NonNullable<DeploymentSettings["customDomain"]>): string | undefined {
    const zone =
      custom.hostedZone &&
      HostedZone.fromHostedZoneAttributes(this, "Zone", {
        hostedZoneId: custom.hostedZone.id,
        zoneName: custom.hostedZone.name,
      });
    const certificate: ICertificate = custom.certificateArn
      ? Certificate.fromCertificateArn(this, "GivenCertificate", custom.certificateArn)
      : new Certificate(this, "Certificate", {
          domainName: custom.name,
          validation: CertificateValidation.fromDns(zone),
        });
    const domain = new DomainName(this, "Domain", {
      domainName: custom.name,
      certificate,
      endpointType: EndpointType.REGIONAL,
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    domain.addBasePathMapping(api, { stage: api.deploymentStage });
    if (!zone) return domain.domainNameAliasDomainName;
    const target = RecordTarget.fromAlias(new ApiGatewayDomain(domain));
    new ARecord(this, "Address", { zone, recordName: `${custom.name}.`, target });
    new AaaaRecord(this, "AddressV6", { zone, recordName: `${custom.name}.`, target });
    return undefined;
  }

  #addFirewall(api: RestApi, waf: NonNullable<DeploymentSettings["waf"]>): void {
    const acl = new CfnWebACL(this, "Firewall", {
      scope: "REGIONAL",
      description: "Before the API of WLRouter",
      defaultAction: { allow: {} },
      visibilityConfig: seenAs("WLRouter"),
      rules: [
        {
          name: "requests-per-address",
          priority: 0,
          action: { block: {} },
          statement: {
            rateBasedStatement: {
              aggregateKeyType: "IP",
              limit: waf.requestsPerFiveMinutes,
              evaluationWindowSec: 300,
            },
          },
          visibilityConfig: seenAs("RequestsPerAddress"),
        },
        {
          name: "body-size",
          priority: 1,
          action: { block: {} },
          statement: { regexMatchStatement: TOO_LONG },
          visibilityConfig: seenAs("BodySize"),
        },
      ],
    });
    new CfnWebACLAssociation(this, "FirewallAssociation", {
      webAclArn: acl.attrArn,
      resourceArn: api.deploymentStage.stageArn,
    });
  }
}

/**
 * By what the client says of its body: the firewall looks at the first 16 KB of one and no further. Seven digits from
 * 6.3 million on (the router's limit is 6,291,456 bytes), or eight. A body whose length is not said meets API Gateway's
 * own limit and then the router's.
 */
const TOO_LONG: CfnWebACL.RegexMatchStatementProperty = {
  fieldToMatch: { singleHeader: { Name: "content-length" } },
  regexString: "^(6[3-9][0-9]{5}|[7-9][0-9]{6}|[0-9]{8,})$",
  textTransformations: [{ priority: 0, type: "NONE" }],
};

function seenAs(metricName: string): CfnWebACL.VisibilityConfigProperty {
  // Samples would keep requests' headers, keys among them, for three hours.
  return { cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: false };
}
