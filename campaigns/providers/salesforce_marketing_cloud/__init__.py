"""Salesforce Marketing Cloud, transactional SMS."""

from campaigns.providers.salesforce_marketing_cloud.adapter import SalesforceMarketingCloud

__all__ = ["SalesforceMarketingCloud"]
