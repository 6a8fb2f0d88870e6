/** The five integration points of a host, as its own code calls them; prints what came of each as one line of JSON. */

import { executeActions, triggerWorkflows, configure, type EntityType } from '../../clients/typescript/orderwright.ts';

const user = process.argv[2];
const logged: string[] = [];
configure({ log: (message, details) => logged.push(`${message} ${JSON.stringify(details)}`) });

// What an ORM hands over for amounts: an object that writes itself as text.
const decimal = (text: string) => ({ toJSON: () => text });

async function orderCreated() {
  const order = { id: `order-${user}`, amount: 1234.56, currency: 'EUR', userId: user };
  const actions = await triggerWorkflows('ORDER_CREATED', {
    orderId: order.id,
    amount: order.amount,
    currency: order.currency,
    userId: order.userId,
    cryptoType: 'BTC',
    rate: 61234.5678,
    totalAmount: 1240.11,
  });
  return acted(actions, 'Order', order.id);
}

async function payInReceived() {
  const payIn = { id: `payin-${user}`, orderId: `order-${user}`, amount: decimal('99.95'), currency: 'EUR' };
  const actions = await triggerWorkflows('PAYIN_RECEIVED', {
    payInId: payIn.id,
    orderId: payIn.orderId,
    amount: payIn.amount,
    currency: payIn.currency,
    userId: user,
    method: 'SEPA',
  });
  return acted(actions, 'PayIn', payIn.id);
}

async function payOutRequested() {
  const payOut = { id: `payout-${user}`, amount: 5000, currency: 'EUR', walletAddress: 'bc1qexample' };
  const actions = await triggerWorkflows('PAYOUT_REQUESTED', {
    payOutId: payOut.id,
    amount: payOut.amount,
    currency: payOut.currency,
    userId: user,
    walletAddress: payOut.walletAddress,
    cryptoType: 'BTC',
  });
  return acted(actions, 'PayOut', payOut.id);
}

async function kycSubmitted() {
  const kycSession = { id: `kyc-${user}`, userId: user, formData: { country: 'KP', documentType: 'PASSPORT' } };
  const actions = await triggerWorkflows('KYC_SUBMITTED', {
    kycSessionId: kycSession.id,
    userId: kycSession.userId,
    country: kycSession.formData.country,
    documentType: kycSession.formData.documentType,
    provider: 'acme',
  });
  return acted(actions, 'KYC', kycSession.id);
}

async function userRegistered() {
  const actions = await triggerWorkflows('USER_REGISTERED', {
    userId: user,
    email: `${user}@example.com`,
    country: undefined,
  });
  return acted(actions, 'User', user);
}

async function acted(actions: Awaited<ReturnType<typeof triggerWorkflows>>, type: EntityType, id: string) {
  const outcomes = actions.length > 0 ? await executeActions(actions, type, id) : [];
  return { actions, outcomes };
}

const points = { orderCreated, payInReceived, payOutRequested, kycSubmitted, userRegistered };
const found: Record<string, unknown> = {};
for (const [name, point] of Object.entries(points)) {
  found[name] = await point();
}
console.log(JSON.stringify({ ...found, logged }));
