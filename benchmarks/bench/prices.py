"""AWS's list prices in us-east-1, in dollars and without free tiers, read in November 2026.

https://aws.amazon.com/step-functions/pricing/ (standard workflows),
https://aws.amazon.com/lambda/pricing/ (arm64, first tier), https://aws.amazon.com/s3/pricing/.
"""

TRANSITION_DOLLARS = 25e-6
GB_SECOND_DOLLARS = 0.0000133334
INVOCATION_DOLLARS = 0.2e-6
PUT_DOLLARS = 0.005e-3
