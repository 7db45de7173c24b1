import { Fn, RemovalPolicy, Stack } from "aws-cdk-lib";
import {
  AccountRecovery,
  CfnManagedLoginBranding,
  CfnUserPoolGroup,
  ManagedLoginVersion,
  Mfa,
  OAuthScope,
  UserPool,
  type UserPoolClient,
  UserPoolClientIdentityProvider,
} from "aws-cdk-lib/aws-cognito";
import { Construct } from "constructs";
import type { ConsoleConfig } from "./config.ts";

export interface ConsoleUsersProps {
  readonly callbackUrl: string;
  /** Where the browser comes back to after signing out. */
  readonly pageUrl: string;
  readonly config: ConsoleConfig;
}

/** Who may sign in, where no other issuer is configured: a user pool with Cognito's managed login. */
export class ConsoleUsers extends Construct {
  readonly pool: UserPool;
  readonly issuer: string;
  readonly clientId: string;

  constructor(scope: Construct, id: string, props: ConsoleUsersProps) {
    super(scope, id);
    this.pool = this.#makePool(props.config);
    this.#addDomain();
    const client = this.#addClient(props);
    this.#addBranding(client);
    new CfnUserPoolGroup(this, "Operators", {
      userPoolId: this.pool.userPoolId,
      groupName: props.config.operatorGroup,
      description: "Operate the installation: see every account, credit, suspend",
    });
    const { region, urlSuffix } = Stack.of(this);
    this.issuer = `https://cognito-idp.${region}.${urlSuffix}/${this.pool.userPoolId}`;
    this.clientId = client.userPoolClientId;
  }

  /** It outlives the stack: with the people go their accounts, which are found by their subjects. */
  #makePool({ selfSignUp }: ConsoleConfig): UserPool {
    return new UserPool(this, "Pool", {
      selfSignUpEnabled: selfSignUp,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      autoVerify: { email: true },
      keepOriginal: { email: true },
      standardAttributes: { email: { required: true, mutable: true } },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { sms: false, otp: true },
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
      },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** A prefix nobody else has: the end of the stack's own id. */
  #addDomain(): void {
    const unique = Fn.select(4, Fn.split("-", Fn.select(2, Fn.split("/", Stack.of(this).stackId))));
    this.pool.addDomain("Domain", {
      cognitoDomain: { domainPrefix: `wlrouter-${unique}` },
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    });
  }

  /** Without a secret: PKCE protects the code, and the function alone redeems it. */
  #addClient({ callbackUrl, pageUrl }: ConsoleUsersProps): UserPoolClient {
    return this.pool.addClient("Client", {
      generateSecret: false,
      authFlows: {},
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.PROFILE],
        callbackUrls: [callbackUrl],
        logoutUrls: [pageUrl],
      },
      supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
    });
  }

  /** The newer login pages show nothing without a style of their own. */
  #addBranding(client: UserPoolClient): void {
    new CfnManagedLoginBranding(this, "Branding", {
      userPoolId: this.pool.userPoolId,
      clientId: client.userPoolClientId,
      useCognitoProvidedValues: true,
    });
  }
}
