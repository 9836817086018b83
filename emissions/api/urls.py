from django.urls import path

from emissions.api import views


urlpatterns = [
    path("activity/", views.ActivityList.as_view(), name="api_activity_list"),
    path("inventories/", views.InventoryList.as_view(), name="api_inventory_list"),
]
