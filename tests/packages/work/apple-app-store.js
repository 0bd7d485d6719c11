// reads notification bodies and makes signed offers
import { AppStoreServerAPIClient, Environment, NotificationTypeV2, PromotionalOfferSignatureCreator, ReceiptUtility, Status } from '@apple/app-store-server-library';
import { EC_PRIVATE } from '../keys.js';

export default function work() {
  const offer = new PromotionalOfferSignatureCreator(EC_PRIVATE, 'key', 'com.example');
  const signature = offer.createSignature('product', 'offer', 'user', '00000000-0000-0000-0000-000000000000', 1700000000000);
  const client = new AppStoreServerAPIClient(EC_PRIVATE, 'key', 'issuer', 'com.example', Environment.SANDBOX);
  const purchase = Buffer.from('{\n\t"transaction-id" = "33993399";\n}').toString('base64');
  const receipt = `{\n\t"signature" = "a";\n\t"purchase-info" = "${purchase}";\n}`;
  const read = new ReceiptUtility().extractTransactionIdFromTransactionReceipt(Buffer.from(receipt).toString('base64'));
  return [Buffer.from(signature, 'base64')[0], typeof client, read, NotificationTypeV2.DID_RENEW, Status.ACTIVE];
}
